// Programs under ./register and ./loader, each in a process of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

import { RAMResource, Workspace } from '@mirage/node-native'

const root = join(import.meta.dirname, '..')
const at = (name: string): string => join(root, '__test__', 'loader', name)
const dist = (name: string): string => pathToFileURL(join(root, 'dist', name)).href
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'loader-')))
afterAll(() => rmSync(scratch, { recursive: true }))

interface Run {
  args?: string[]
  env?: Record<string, string>
  cwd?: string
  input?: string
}

function node(args: string[], { env = {}, cwd = scratch, input }: Run = {}) {
  const { MIRAGE_CONFIG: _, NODE_OPTIONS: __, ...rest } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...rest, ...env },
    cwd,
    input,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

/** A file in the scratch directory. */
function file(name: string, text: string): string {
  const path = join(scratch, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const DOORS: Record<string, string[]> = {
  '--import register': ['--import', dist('register.mjs')],
  '--require register': ['--require', join(root, 'dist', 'register.cjs')],
  '--loader loader': ['--no-warnings', '--loader', dist('loader.mjs')],
  'all of them': [
    '--no-warnings',
    '--require',
    join(root, 'dist', 'register.cjs'),
    '--import',
    dist('register.mjs'),
    '--loader',
    dist('loader.mjs'),
  ],
}

describe.each(Object.entries(DOORS))('%s', (_, flags) => {
  it('lets code in a mount do what it can on a disk', () => {
    expect(node([...flags, at('checks.mjs')])).toMatchObject({ status: 0, stderr: '' })
  })

  it('runs a CommonJS and an ES program as they are', () => {
    expect(node([...flags, at('main.cjs'), 'one', 'two'])).toEqual({ status: 0, stdout: 'cjs: ok\n', stderr: '' })
    expect(node([...flags, at('main.mjs'), 'one', 'two'])).toEqual({ status: 0, stdout: 'esm: ok\n', stderr: '' })
  })

  it('works through NODE_OPTIONS', () => {
    const quoted = flags.map((flag) => (flag.startsWith('-') ? flag : JSON.stringify(flag))).join(' ')
    expect(node([at('main.mjs'), 'one', 'two'], { env: { NODE_OPTIONS: quoted } })).toEqual({ status: 0, stdout: 'esm: ok\n', stderr: '' })
  })

  it('mounts what MIRAGE_CONFIG describes, from where the program itself can come', () => {
    file(
      'disk/app.mjs',
      "import { helper } from './lib/helper.js'; import { readFileSync } from 'node:fs'; console.log(helper(), import.meta.url, readFileSync('/app/data.txt', 'utf8'))",
    )
    file('disk/package.json', '{"type":"module"}')
    file('disk/lib/helper.js', "export const helper = () => 'helped'")
    file('disk/data.txt', 'data')
    file('disk/app.cjs', "console.log(require.main === module, __filename, require('./lib.cjs'))")
    file('disk/lib.cjs', "module.exports = 'lib'")
    const config = file('app.yaml', 'mounts:\n  /app: { resource: disk, config: { root: ./disk } }\n')
    const env = { MIRAGE_CONFIG: config }
    expect(node([...flags, '/app/app.mjs'], { env })).toEqual({ status: 0, stdout: 'helped file:///app/app.mjs data\n', stderr: '' })
    expect(node([...flags, '/app/app.cjs'], { env })).toEqual({ status: 0, stdout: 'true /app/app.cjs lib\n', stderr: '' })
  })

  it('gives a forked process the same description', () => {
    file('disk/seen.txt', 'seen')
    file('c.yaml', 'mounts:\n  /app: { resource: disk, config: { root: ./disk } }\n')
    const program = file(
      'forks.mjs',
      `import { fork } from 'node:child_process'
       import { readFileSync } from 'node:fs'
       if (process.send) console.log('child', readFileSync('/app/seen.txt', 'utf8'))
       else { process.chdir('/'); fork(new URL(import.meta.url), { stdio: 'inherit' }) }`,
    )
    expect(node([...flags, program], { env: { MIRAGE_CONFIG: 'c.yaml' } })).toEqual({ status: 0, stdout: 'child seen\n', stderr: '' })
  })
})

it('needs no door where a program patches by itself', () => {
  expect(node([at('checks.mjs'), 'patch'])).toMatchObject({ status: 0, stderr: '' })
})

it.runIf(process.env.MIRAGE_TEST_REGISTERED !== undefined)('is what this very process runs under', async () => {
  const ws = new Workspace({ '/registered': new RAMResource() })
  expect(existsSync('/registered')).toBe(true)
  await ws.close()
  expect(existsSync('/registered')).toBe(false)
})

it('maps a stack through a source map that lies in the mount', () => {
  const program = file(
    'maps.mjs',
    `import { RAMResource, Workspace } from ${JSON.stringify(dist('index.mjs'))}
     const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
     await ws.fs.writeFile('/ram/out.mjs', 'export function f() { throw new Error("x") }\\n//# sourceMappingURL=out.mjs.map\\n')
     const map = { version: 3, sources: ['in.ts'], names: [], sourcesContent: ['\\n\\n\\n\\nthrow'], mappings: 'AAIA' }
     await ws.fs.writeFile('/ram/out.mjs.map', JSON.stringify(map))
     const { f } = await import('/ram/out.mjs')
     try { f() } catch (error) { console.log(error.stack) }
     await ws.close()`,
  )
  const { stdout } = node(['--enable-source-maps', '--import', dist('register.mjs'), program])
  expect(stdout).toContain('/ram/in.ts:5:1')
})

it('says what is wrong with a description', () => {
  const bad = file('bad.yaml', 'mounts:\n  /a: { resource: floppy }\n')
  const { status, stderr } = node(['--import', dist('register.mjs'), '-e', '0'], { env: { MIRAGE_CONFIG: bad } })
  expect(status).not.toBe(0)
  expect(stderr).toContain('no such resource: floppy')
})

it('takes a description from the variable itself', () => {
  const env = { MIRAGE_CONFIG: '{"mounts": {"/scratch": "ram"}}' }
  const { stdout } = node(
    ['--import', dist('register.mjs'), '-p', "fs.writeFileSync('/scratch/f', 'ok'); fs.readFileSync('/scratch/f', 'utf8')"],
    { env },
  )
  expect(stdout).toBe('ok\n')
})

it('leaves nothing on the disk', () => {
  const program =
    "fs.mkdirSync('/scratch/a/b', { recursive: true }); fs.writeFileSync('/scratch/a/b/c', ''); fs.existsSync('/scratch/a/b/c')"
  const { stdout } = node(['--import', dist('register.mjs'), '-p', program], { env: { MIRAGE_CONFIG: '{"mounts": {"/scratch": "ram"}}' } })
  expect(stdout).toBe('true\n')
  expect(existsSync('/scratch')).toBe(false)
})
