// Backends written in JavaScript: three methods are enough, more methods switch on more; errors and bad answers arrive.
import { describe, expect, it } from 'vitest'

import { type CustomResource, Workspace } from '../dist/index.cjs'

function inMemory(files: Record<string, string>, more: Partial<CustomResource> = {}): CustomResource & { calls: string[] } {
  const calls: string[] = []
  const isDir = (path: string): boolean => path === '/' || Object.keys(files).some((f) => f.startsWith(`${path}/`))
  return {
    kind: 'mem',
    calls,
    readdir: async (path) => {
      calls.push(`readdir ${path}`)
      const base = path === '/' ? '/' : `${path}/`
      return [
        ...new Set(
          Object.keys(files)
            .filter((f) => f.startsWith(base))
            .map((f) => f.slice(base.length).split('/')[0] as string),
        ),
      ]
    },
    readFile: async (path) => {
      calls.push(`readFile ${path}`)
      if (files[path] === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' })
      return files[path]
    },
    stat: (path) => (files[path] !== undefined ? { size: Buffer.byteLength(files[path]) } : isDir(path) ? { type: 'directory' } : null),
    ...more,
  }
}

describe('a resource written in JavaScript', () => {
  it('needs no more than readdir, readFile and stat', async () => {
    const ws = new Workspace({ '/js': inMemory({ '/a.txt': 'alpha\n', '/d/b.txt': 'beta\n' }) })
    expect(await ws.fs.readdir('/js')).toEqual(['/js/a.txt', '/js/d'])
    expect(await ws.fs.cat('/js/d/b.txt')).toBe('beta\n')
    expect((await ws.fs.stat('/js/d')).type).toBe('directory')
    expect((await ws.execute('cat /js/*.txt /js/d/b.txt | grep -n a')).stdoutText).toBe('1:alpha\n2:beta\n')
    await expect(ws.fs.readFile('/js/none')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open', path: '/js/none' })
    await expect(ws.fs.writeFile('/js/x', '')).rejects.toMatchObject({ code: 'EROFS' })
    await ws.close()
  })

  it('can be written when it has writeFile, and removed from when it has unlink', async () => {
    const files: Record<string, string> = { '/a': '1' }
    const resource = inMemory(files, {
      writeFile: (path, data) => {
        files[path] = data.toString()
      },
      unlink: (path) => {
        delete files[path]
      },
    })
    const ws = new Workspace({ '/js': resource }, { mode: 'write' })
    await ws.fs.writeFile('/js/new', 'content')
    expect((await ws.execute('cat /js/new; echo more >> /js/new; tr a-z A-Z < /js/new')).stdoutText).toBe('contentCONTENTMORE\n')
    expect(files['/new']).toBe('contentmore\n')
    await ws.fs.rename('/js/new', '/js/renamed')
    expect(Object.keys(files).sort()).toEqual(['/a', '/renamed'])
    await ws.close()
  })

  it('is read by ranges when it has readRange', async () => {
    const size = 5_000_000
    const asked: [number, number][] = []
    const resource: CustomResource = {
      readdir: () => ['big'],
      stat: (p) => (p === '/' ? { type: 'directory' } : { size }),
      readFile: () => {
        throw new Error('whole file')
      },
      readRange: (_path, start, end) => {
        asked.push([start, end])
        return Buffer.alloc(Math.max(0, Math.min(end, size) - start), 'x\n')
      },
    }
    const ws = new Workspace({ '/js': resource })
    expect((await ws.execute('head -n 1 /js/big')).stdoutText).toBe('x\n')
    expect(asked.reduce((sum, [a, b]) => sum + b - a, 0)).toBeLessThan(size)
    expect((await ws.execute('wc -c < /js/big')).stdoutText.trim()).toBe(String(size))
    await ws.close()
  })

  it('hands on thrown errors: a code as errno, anything else as EIO with its message', async () => {
    const ws = new Workspace({
      '/js': inMemory(
        { '/f': 'x' },
        {
          readFile: (path) => {
            if (path === '/denied') throw Object.assign(new Error('no'), { code: 'EACCES' })
            throw new Error('the backend burnt down')
          },
          stat: (p) => (p === '/' ? { type: 'directory' } : { size: 1 }),
        },
      ),
    })
    await expect(ws.fs.readFile('/js/denied')).rejects.toMatchObject({ code: 'EACCES', errno: -13 })
    await expect(ws.fs.readFile('/js/f')).rejects.toThrow(/EIO.*the backend burnt down/)
    const r = await ws.execute('cat /js/f')
    expect([r.exitCode, r.stderrText]).toEqual([1, 'cat: /js/f: the backend burnt down\n'])
    await ws.close()
  })

  it('refuses a listing with names that no path can hold', async () => {
    const ws = new Workspace({ '/js': inMemory({}, { readdir: () => [{ name: 'a/b' }] }) })
    await expect(ws.fs.readdir('/js')).rejects.toMatchObject({ code: 'EINVAL' })
    await ws.close()
  })

  it('is closed with the workspace', async () => {
    let closed = 0
    const resource = inMemory({}, { close: () => void closed++ })
    const ws = new Workspace({ '/a': resource, '/b': resource })
    await ws.close()
    expect(closed).toBe(1)
  })
})
