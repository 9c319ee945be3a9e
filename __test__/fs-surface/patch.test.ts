// patchNodeFs: what belongs to a mount goes there, everything else is as before; patches stack and leave no trace.
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { patchNodeFs, RAMResource, Workspace } from '../../dist/index.cjs'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function workspace(prefix = '/ram'): Workspace {
  const ws = new Workspace({ [prefix]: new RAMResource() }, { mode: 'write' })
  ends.push(() => ws.close())
  return ws
}

function patched(ws: Workspace): () => void {
  const restore = patchNodeFs(ws)
  ends.push(restore)
  return restore
}

describe('patchNodeFs', () => {
  it('serves functions that were taken hold of before', async () => {
    const { readFileSync, writeFileSync, promises } = fs
    patched(workspace())
    writeFileSync('/ram/f', 'text')
    expect(readFileSync('/ram/f', 'utf8')).toBe('text')
    expect(await promises.readFile('/ram/f', 'utf8')).toBe('text')
    expect(await new Promise((resolve) => fs.readFile('/ram/f', 'utf8', (_, data) => resolve(data)))).toBe('text')
  })

  it('leaves every function as it was, with several workspaces, ended in any order', () => {
    const all = { ...fs }
    const promises = { ...fs.promises }
    const one = patched(workspace('/one'))
    const two = patched(workspace('/two'))
    fs.writeFileSync('/one/f', '1')
    fs.writeFileSync('/two/f', '2')
    one()
    expect(fs.existsSync('/one/f')).toBe(false)
    expect(fs.readFileSync('/two/f', 'utf8')).toBe('2')
    two()
    two()
    expect(fs.existsSync('/two/f')).toBe(false)
    expect({ ...fs }).toEqual(all)
    for (const [name, value] of Object.entries(all)) expect((fs as never)[name], name).toBe(value)
    for (const [name, value] of Object.entries(promises)) expect((fs.promises as never)[name], name).toBe(value)
  })

  it('shows mounts that come later, and ends with its workspace', async () => {
    const ws = workspace()
    patched(ws)
    ws.addMount('/later', new RAMResource(), 'write')
    fs.writeFileSync('/later/f', 'x')
    expect(await ws.fs.readFileText('/later/f')).toBe('x')
    await ws.unmount('/later')
    expect(fs.existsSync('/later')).toBe(false)
    await ws.close()
    expect(fs.existsSync('/ram')).toBe(false)
  })

  it('shapes errors as Node does', () => {
    patched(workspace())
    const shape = (f: () => unknown): object => {
      try {
        f()
      } catch (error) {
        const e = error as NodeJS.ErrnoException
        return { ...e, message: e.message.replaceAll(/\/\S*\/(?=[a-z]+'$)/g, '/') }
      }
      return {}
    }
    const host = fs.mkdtempSync(join(tmpdir(), 'mirage-'))
    ends.push(() => fs.rmSync(host, { recursive: true }))
    for (const f of [fs.readFileSync, fs.statSync, fs.readdirSync, fs.unlinkSync, fs.rmdirSync, fs.readlinkSync, fs.accessSync] as ((
      path: string,
    ) => unknown)[]) {
      const expected = shape(() => f(join(host, 'none')))
      expect(
        shape(() => f('/ram/none')),
        f.name,
      ).toEqual({ ...expected, path: '/ram/none' })
    }
  })

  it('leaves alone what only looks like a mount', () => {
    patched(workspace())
    expect(() => fs.statSync('/ram2')).toThrow("ENOENT: no such file or directory, stat '/ram2'")
    expect(fs.existsSync('/ram/../ram2')).toBe(false)
    expect(fs.readdirSync('/ram/../proc/self/fd').length).toBeGreaterThan(0)
  })
})
