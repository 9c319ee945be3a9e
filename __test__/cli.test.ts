// The launcher: flags, arguments, signals, exit codes.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const bin = join(root, 'dist', 'mirage.mjs')
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'cli-')))
const { MIRAGE_CONFIG: _, NODE_OPTIONS: __, ...plain } = process.env

const mirage = (args: string[], { env = {}, cwd = scratch, input = '' } = {}) => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd,
    env: { ...plain, ...env },
    input,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, signal, stdout, stderr }
}

beforeAll(() => {
  mkdirSync(join(scratch, 'disk'))
  mkdirSync(join(scratch, 'found'))
  writeFileSync(join(scratch, 'disk', 'a.txt'), 'a\n')
  writeFileSync(join(scratch, 'ws.yaml'), 'mounts:\n  /data: { resource: disk, mode: read, config: { root: disk } }\n  /ram: ram\n')
  writeFileSync(join(scratch, 'found', 'mirage.yaml'), 'mounts:\n  /here: ram\n')
  writeFileSync(
    join(scratch, 'app.mjs'),
    "import fs from 'node:fs'; console.log(JSON.stringify([process.argv.slice(2), fs.existsSync('/data/a.txt'), fs.existsSync('/here'), process.execArgv.filter((a) => a.startsWith('--max'))])); process.exitCode = Number(process.argv[2] ?? 0)",
  )
  writeFileSync(
    join(scratch, 'wait.mjs'),
    "process.on('SIGTERM', () => { console.log('asked'); process.exit(7) }); setInterval(() => {}, 1000); console.log('up')",
  )
  writeFileSync(join(scratch, 'die.mjs'), "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)")
})
afterAll(() => rmSync(scratch, { recursive: true }))

describe('mirage run', () => {
  it('passes arguments and the exit code on', () => {
    expect(mirage(['run', '--config', 'ws.yaml', 'app.mjs', '3', '--fuse', '-h'])).toEqual({
      status: 3,
      signal: null,
      stdout: '[["3","--fuse","-h"],true,false,[]]\n',
      stderr: '',
    })
  })
  it('finds the description in the directory, and in MIRAGE_CONFIG before that', () => {
    const cwd = join(scratch, 'found')
    expect(mirage(['run', '../app.mjs'], { cwd }).stdout).toBe('[[],false,true,[]]\n')
    expect(mirage(['run', '../app.mjs'], { cwd, env: { MIRAGE_CONFIG: '../ws.yaml' } }).stdout).toBe('[[],true,false,[]]\n')
    expect(mirage(['run', '--no-config', '../app.mjs'], { cwd }).stdout).toBe('[[],false,false,[]]\n')
  })
  it("takes Node's own options", () => {
    expect(mirage(['run', '-c', 'ws.yaml', '--max-old-space-size=200', 'app.mjs']).stdout).toBe(
      '[[],true,false,["--max-old-space-size=200"]]\n',
    )
  })
  it('runs a program from the command line', () => {
    expect(mirage(['run', '-c', 'ws.yaml', '-p', "fs.readFileSync('/data/a.txt', 'utf8') + process.argv[1]", 'one'])).toMatchObject({
      status: 0,
      stdout: 'a\none\n',
    })
  })
  it('hands signals on and ends as the program ended', async () => {
    const child = spawn(process.execPath, [bin, 'run', '--no-config', join(scratch, 'wait.mjs')], {
      env: plain,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    for await (const chunk of child.stdout) {
      out += String(chunk)
      if (out === 'up\n') child.kill('SIGTERM')
    }
    const [code, signal] =
      child.exitCode === null && child.signalCode === null
        ? ((await once(child, 'exit')) as [number, string])
        : [child.exitCode, child.signalCode]
    expect({ out, code, signal }).toEqual({ out: 'up\nasked\n', code: 7, signal: null })
    expect(mirage(['run', '--no-config', 'die.mjs'])).toMatchObject({ status: null, signal: 'SIGKILL' })
  })
  it('says what is wrong before anything runs', () => {
    expect(mirage(['run', '--config', 'none.yaml', 'app.mjs'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/cannot read .*none\.yaml/),
    })
    expect(mirage(['run'])).toMatchObject({ status: 2, stderr: expect.stringContaining('which file') })
    expect(mirage(['walk'])).toMatchObject({ status: 2, stderr: expect.stringContaining('no such command: walk') })
    expect(mirage(['run', '--fuse', '--no-config', 'app.mjs']).status).not.toBe(0)
  })
})

describe.runIf(existsSync('/dev/fuse') && process.getuid?.() === 0)('mirage run --fuse', () => {
  it('shows the mounts to other programs, and leaves nothing', () => {
    const at = join(scratch, 'kernel')
    writeFileSync(join(scratch, 'kernel.yaml'), `mounts: { ${at}: ram }\n`)
    writeFileSync(
      join(scratch, 'kernel.mjs'),
      `import { execFileSync, fork } from 'node:child_process'
       import { readFileSync, writeFileSync } from 'node:fs'
       const at = ${JSON.stringify(at)}
       if (process.send) console.log('fork', readFileSync(at + '/from', 'utf8'))
       else {
         writeFileSync(at + '/from', 'node')
         execFileSync('sh', ['-c', 'cat from > to; echo sh >> to'], { cwd: at })
         console.log(readFileSync(at + '/to', 'utf8'))
         fork(new URL(import.meta.url), { stdio: 'inherit' })
       }`,
    )
    expect(mirage(['run', '--fuse', '-c', 'kernel.yaml', 'kernel.mjs'])).toEqual({
      status: 0,
      signal: null,
      stdout: 'nodesh\n\nfork node\n',
      stderr: '',
    })
    expect(existsSync(at)).toBe(false)
  })
})

describe('mirage exec', () => {
  it('runs a line on the workspace with the standard streams of the process', () => {
    expect(mirage(['exec', '-c', 'ws.yaml', 'cat /data/a.txt - | tr a-z A-Z; echo oops >&2; exit 5'], { input: 'stdin\n' })).toEqual({
      status: 5,
      signal: null,
      stdout: 'A\nSTDIN\n',
      stderr: 'oops\n',
    })
  })
  it('does not cut what is piped on', () => {
    expect(mirage(['exec', 'seq 3000 > /f; cat /f']).stdout.split('\n').length).toBe(3001)
  })
})

it('mirage --help and --version', () => {
  expect(mirage(['--help']).stdout).toMatch(/^Usage: mirage run/)
  expect(mirage(['--version']).stdout).toBe(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`)
  expect(mirage([]).status).toBe(0)
})
