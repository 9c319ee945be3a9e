// The whole surface of node:fs on a mount, one probe per entry point: node --import @mirage/node-native/register surface.mjs
// (or without the loader, when code is not loaded from the mount). Prints what fails; exits with their number.
import fs, { readFileSync } from 'node:fs'
import * as namespace from 'node:fs'
import { readFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

import { patchNodeFs, RAMResource, Workspace } from '@mirage/node-native'

const require = createRequire(import.meta.url)
const ROOT = '/surface-probe'
const ws = new Workspace({ [ROOT]: new RAMResource() }, { mode: 'write' })
patchNodeFs(ws)
const P = fs.promises
const host = fs.mkdtempSync(join(tmpdir(), 'surface-'))
const FILE = `${ROOT}/f.txt`
const SUB = `${ROOT}/sub`
for (const [name, content] of Object.entries({
  'f.txt': 'hello',
  'sub/g.txt': 'gg',
  'm.mjs': 'export const v = 1',
  'c.cjs': 'module.exports = 2',
  'd.json': '{"x":3}',
})) {
  fs.mkdirSync(join(ROOT, name, '..'), { recursive: true })
  fs.writeFileSync(join(ROOT, name), content)
}
const { named, fromDefault } = await import('./late.mjs')

let count = 0
const fresh = () => `${ROOT}/new${++count}`
const made = (content = 'hello') => {
  const path = fresh()
  fs.writeFileSync(path, content)
  return path
}
const text = (path) => fs.readFileSync(path, 'utf8')
const equal = (got, want) => {
  if (String(got) !== String(want)) throw new Error(`${String(got).slice(0, 60)}, not ${want}`)
}
const ok = (value) => {
  if (!value) throw new Error('not so')
}
const withFd = (flags, use, content) => {
  const path = made(content)
  const fd = fs.openSync(path, flags)
  const out = use(fd, path)
  fs.closeSync(fd)
  return out ?? text(path)
}
const withHandle = async (flags, use) => {
  const path = made()
  const handle = await P.open(path, flags)
  try {
    return (await use(handle, path)) ?? text(path)
  } finally {
    await handle.close()
  }
}
const collect = async (iterable) => {
  let all = ''
  for await (const chunk of iterable) all += chunk
  return all
}
const later = (name) => promisify(fs[name])
const event = (start, change) =>
  new Promise((resolve, reject) => {
    const stop = start(() => {
      clearTimeout(timer)
      stop()
      resolve()
    })
    setTimeout(change, 40)
    const timer = setTimeout(() => {
      stop()
      reject(new Error('no event'))
    }, 2000)
  })
const refusal = (f) => {
  try {
    f()
  } catch (error) {
    return error
  }
  throw new Error('no error')
}

const sync = {
  readFileSync: () => equal(fs.readFileSync(FILE), 'hello'),
  'readFileSync utf8': () => equal(fs.readFileSync(FILE, 'utf8'), 'hello'),
  'readFileSync fd': () => withFd('r', (fd) => equal(fs.readFileSync(fd), 'hello')),
  existsSync: () => ok(fs.existsSync(FILE) && !fs.existsSync(`${ROOT}/none`)),
  statSync: () => equal(fs.statSync(FILE).size, 5),
  'statSync bigint': () => equal(typeof fs.statSync(FILE, { bigint: true }).mtimeNs, 'bigint'),
  'statSync class': () => ok(fs.statSync(FILE) instanceof fs.Stats),
  lstatSync: () => ok(fs.lstatSync(FILE).isFile()),
  accessSync: () => fs.accessSync(FILE, fs.constants.R_OK | fs.constants.W_OK),
  'accessSync X': () => equal(refusal(() => fs.accessSync(FILE, fs.constants.X_OK)).code, 'EACCES'),
  realpathSync: () => equal(fs.realpathSync(FILE), FILE),
  'realpathSync.native': () => equal(fs.realpathSync.native(`${ROOT}/sub/../f.txt`), FILE),
  readdirSync: () => ok(fs.readdirSync(ROOT).includes('f.txt')),
  'readdirSync types': () =>
    ok(
      fs
        .readdirSync(ROOT, { withFileTypes: true })
        .find((d) => d.name === 'sub')
        .isDirectory(),
    ),
  'readdirSync class': () => ok(fs.readdirSync(ROOT, { withFileTypes: true })[0] instanceof fs.Dirent),
  'readdirSync recursive': () => ok(fs.readdirSync(ROOT, { recursive: true }).includes('sub/g.txt')),
  opendirSync: () => {
    const dir = fs.opendirSync(SUB)
    equal(dir.readSync().name, 'g.txt')
    equal(dir.readSync(), null)
    dir.closeSync()
  },
  'openSync readSync': () =>
    withFd('r', (fd) => {
      const buffer = Buffer.alloc(5)
      equal(fs.readSync(fd, buffer, 0, 5, 0), 5)
      equal(buffer, 'hello')
    }),
  fstatSync: () => withFd('r', (fd) => equal(fs.fstatSync(fd).size, 5)),
  readvSync: () => withFd('r', (fd) => equal(fs.readvSync(fd, [Buffer.alloc(2), Buffer.alloc(9)], 0), 5)),
  statfsSync: () => ok(fs.statfsSync(ROOT).bsize),
  globSync: () => equal(fs.globSync?.('**/*.txt', { cwd: ROOT }).includes('sub/g.txt') ?? true, true),
  openAsBlobSync: () => equal(fs.openAsBlobSync?.(FILE).size ?? 5, 5),
  writeFileSync: () => equal(text(made('x')), 'x'),
  'writeFileSync bytes': () => equal(text(made(Buffer.from('b'))), 'b'),
  'writeFileSync flag': () => equal(refusal(() => fs.writeFileSync(FILE, '', { flag: 'wx' })).code, 'EEXIST'),
  appendFileSync: () => {
    const path = made('a')
    fs.appendFileSync(path, 'b')
    equal(text(path), 'ab')
  },
  writeSync: () =>
    equal(
      withFd('w', (fd) => void fs.writeSync(fd, 'yo')),
      'yo',
    ),
  writevSync: () =>
    equal(
      withFd('w', (fd) => void fs.writevSync(fd, [Buffer.from('a'), Buffer.from('b')])),
      'ab',
    ),
  'mkdirSync recursive': () => equal(fs.mkdirSync(`${ROOT}/made/a/b`, { recursive: true }), `${ROOT}/made`),
  rmdirSync: () => {
    const path = fresh()
    fs.mkdirSync(path)
    fs.rmdirSync(path)
    ok(!fs.existsSync(path))
  },
  'rmSync recursive': () => {
    const path = fresh()
    fs.mkdirSync(`${path}/x`, { recursive: true })
    fs.rmSync(path, { recursive: true })
    ok(!fs.existsSync(path))
  },
  unlinkSync: () => {
    const path = made()
    fs.unlinkSync(path)
    ok(!fs.existsSync(path))
  },
  renameSync: () => {
    const to = fresh()
    fs.renameSync(made('moved'), to)
    equal(text(to), 'moved')
  },
  copyFileSync: () => {
    const to = fresh()
    fs.copyFileSync(FILE, to)
    equal(text(to), 'hello')
  },
  'copyFileSync out': () => {
    fs.copyFileSync(FILE, join(host, 'out'))
    equal(text(join(host, 'out')), 'hello')
  },
  'copyFileSync in': () => {
    const to = fresh()
    fs.writeFileSync(join(host, 'in'), 'from outside')
    fs.copyFileSync(join(host, 'in'), to)
    equal(text(to), 'from outside')
  },
  'renameSync out': () => equal(refusal(() => fs.renameSync(made(), join(host, 'moved'))).code, 'EXDEV'),
  'linkSync out': () => equal(refusal(() => fs.linkSync(FILE, join(host, 'linked'))).code, 'EXDEV'),
  cpSync: () => {
    const to = fresh()
    fs.cpSync(SUB, to, { recursive: true })
    equal(text(`${to}/g.txt`), 'gg')
  },
  'cpSync out': () => {
    fs.cpSync(SUB, join(host, 'tree'), { recursive: true })
    equal(text(join(host, 'tree', 'g.txt')), 'gg')
  },
  'cpSync in': () => {
    const to = fresh()
    fs.mkdirSync(join(host, 'source'))
    fs.writeFileSync(join(host, 'source', 'x'), 'x')
    fs.cpSync(join(host, 'source'), to, { recursive: true })
    equal(text(`${to}/x`), 'x')
  },
  'symlinkSync readlinkSync': () => {
    const link = fresh()
    fs.symlinkSync(FILE, link)
    equal(fs.readlinkSync(link), FILE)
    equal(text(link), 'hello')
  },
  linkSync: () => {
    const [from, to] = [made('linked'), fresh()]
    fs.linkSync(from, to)
    equal(fs.statSync(to).nlink, 2)
  },
  truncateSync: () => {
    const path = made()
    fs.truncateSync(path, 2)
    equal(text(path), 'he')
  },
  ftruncateSync: () =>
    equal(
      withFd('r+', (fd) => void fs.ftruncateSync(fd, 1)),
      'h',
    ),
  chmodSync: () => {
    const path = made()
    fs.chmodSync(path, 0o600)
    equal(fs.statSync(path).mode & 0o777, 0o600)
  },
  fchmodSync: () => withFd('r+', (fd) => void fs.fchmodSync(fd, 0o600)),
  chownSync: () => fs.chownSync(made(), process.getuid(), process.getgid()),
  fchownSync: () => withFd('r+', (fd) => void fs.fchownSync(fd, process.getuid(), process.getgid())),
  lchownSync: () => fs.lchownSync(made(), process.getuid(), process.getgid()),
  utimesSync: () => {
    const path = made()
    fs.utimesSync(path, 1, 2)
    equal(fs.statSync(path).mtimeMs, 2000)
  },
  lutimesSync: () => fs.lutimesSync(made(), 1, 2),
  futimesSync: () => withFd('r+', (fd) => void fs.futimesSync(fd, 1, 2)),
  fsyncSync: () => withFd('r+', (fd) => void fs.fsyncSync(fd)),
  fdatasyncSync: () => withFd('r+', (fd) => void fs.fdatasyncSync(fd)),
  mkdtempSync: () => ok(fs.statSync(fs.mkdtempSync(`${ROOT}/t-`)).isDirectory()),
  mkdtempDisposableSync: () => fs.mkdtempDisposableSync?.(`${ROOT}/t-`).remove(),
}

const callback = {
  readFile: async () => equal(await later('readFile')(FILE, 'utf8'), 'hello'),
  stat: () => later('stat')(FILE),
  lstat: () => later('lstat')(FILE),
  access: () => later('access')(FILE),
  exists: async () => ok(await later('exists')(FILE)),
  realpath: async () => equal(await later('realpath')(FILE), FILE),
  'realpath.native': async () => equal(await promisify(fs.realpath.native)(FILE), FILE),
  readdir: async () => ok((await later('readdir')(ROOT)).includes('f.txt')),
  opendir: async () => (await later('opendir')(ROOT)).close(),
  'open read fstat close': async () => {
    const fd = await later('open')(FILE, 'r')
    equal((await later('read')(fd, Buffer.alloc(5), 0, 5, 0)).bytesRead, 5)
    equal((await later('fstat')(fd)).size, 5)
    await later('close')(fd)
  },
  readv: () =>
    new Promise((resolve, reject) => {
      const fd = fs.openSync(FILE)
      fs.readv(fd, [Buffer.alloc(5)], 0, (error, n) => (fs.closeSync(fd), error || n !== 5 ? reject(error) : resolve()))
    }),
  statfs: () => later('statfs')(ROOT),
  writeFile: async () => {
    const path = fresh()
    await later('writeFile')(path, 'x')
    equal(text(path), 'x')
  },
  appendFile: () => later('appendFile')(made(), 'b'),
  mkdir: () => later('mkdir')(fresh()),
  rm: () => later('rm')(made()),
  'rm recursive': () => later('rm')(fs.mkdirSync(`${fresh()}/x`, { recursive: true }), { recursive: true }),
  unlink: () => later('unlink')(made()),
  rename: () => later('rename')(made(), fresh()),
  copyFile: () => later('copyFile')(FILE, fresh()),
  cp: async () => {
    const to = fresh()
    await later('cp')(SUB, to, { recursive: true })
    equal(text(`${to}/g.txt`), 'gg')
  },
  symlink: () => later('symlink')(FILE, fresh()),
  link: () => later('link')(made(), fresh()),
  truncate: () => later('truncate')(made(), 1),
  chmod: () => later('chmod')(made(), 0o600),
  utimes: () => later('utimes')(made(), 1, 2),
  mkdtemp: () => later('mkdtemp')(`${ROOT}/q-`),
  glob: async () => ok(fs.glob === undefined || (await later('glob')('**/*.txt', { cwd: ROOT })).length >= 2),
}

const promise = {
  readFile: async () => equal(await P.readFile(FILE, 'utf8'), 'hello'),
  'readFile signal': async () => equal(await P.readFile(FILE, { encoding: 'utf8', signal: new AbortController().signal }), 'hello'),
  'readFile aborted': async () => equal((await P.readFile(FILE, { signal: AbortSignal.abort() }).catch((e) => e)).name, 'AbortError'),
  stat: () => P.stat(FILE),
  lstat: () => P.lstat(FILE),
  access: () => P.access(FILE),
  realpath: async () => equal(await P.realpath(FILE), FILE),
  readdir: async () => ok((await P.readdir(ROOT)).includes('f.txt')),
  'readdir recursive': async () => ok((await P.readdir(ROOT, { recursive: true })).includes('sub/g.txt')),
  opendir: async () => {
    const names = []
    for await (const entry of await P.opendir(ROOT)) names.push(entry.name)
    ok(names.includes('f.txt'))
  },
  'FileHandle.readFile': () => withHandle('r', async (h) => equal(await h.readFile('utf8'), 'hello')),
  'FileHandle.read': () => withHandle('r', async (h) => equal((await h.read(Buffer.alloc(5), 0, 5, 0)).bytesRead, 5)),
  'FileHandle.stat': () => withHandle('r', async (h) => equal((await h.stat()).size, 5)),
  'FileHandle.readLines': () => withHandle('r', async (h) => equal(await collect(h.readLines()), 'hello')),
  'FileHandle.readableWebStream': () =>
    withHandle('r', async (h) => {
      let n = 0
      for await (const chunk of h.readableWebStream()) n += chunk.byteLength
      equal(n, 5)
    }),
  'FileHandle.createReadStream': () => withHandle('r', async (h) => equal(await collect(h.createReadStream()), 'hello')),
  'FileHandle.write': () => withHandle('r+', async (h, path) => (await h.write('J', 0), equal(text(path), 'Jello'))),
  'FileHandle asyncDispose': async () => (await P.open(FILE))[Symbol.asyncDispose]?.(),
  statfs: () => P.statfs(ROOT),
  writeFile: async () => {
    const path = fresh()
    await P.writeFile(path, 'x')
    equal(text(path), 'x')
  },
  'writeFile iterable': async () => {
    const path = fresh()
    await P.writeFile(path, ['a', 'b'])
    equal(text(path), 'ab')
  },
  appendFile: () => P.appendFile(made(), 'b'),
  mkdir: () => P.mkdir(fresh()),
  rm: () => P.rm(made()),
  unlink: () => P.unlink(made()),
  rename: () => P.rename(made(), fresh()),
  copyFile: () => P.copyFile(FILE, fresh()),
  cp: async () => {
    const to = fresh()
    await P.cp(SUB, to, { recursive: true })
    ok(fs.existsSync(`${to}/g.txt`))
  },
  symlink: () => P.symlink(FILE, fresh()),
  link: () => P.link(made(), fresh()),
  truncate: () => P.truncate(made(), 1),
  chmod: () => P.chmod(made(), 0o600),
  utimes: () => P.utimes(made(), 1, 2),
  mkdtemp: () => P.mkdtemp(`${ROOT}/q-`),
  glob: async () => ok(P.glob === undefined || (await collect(P.glob('**/*.txt', { cwd: ROOT }))).includes('g.txt')),
  watch: async () => {
    const controller = new AbortController()
    const events = P.watch(ROOT, { signal: controller.signal })[Symbol.asyncIterator]()
    setTimeout(() => fs.writeFileSync(`${ROOT}/watched`, '1'), 40)
    ok((await events.next()).value.filename)
    controller.abort()
    await events.next().catch(() => {})
  },
}

const other = {
  createReadStream: async () => equal(await collect(fs.createReadStream(FILE)), 'hello'),
  'createReadStream range': async () => equal(await collect(fs.createReadStream(FILE, { start: 1, end: 2 })), 'el'),
  'new ReadStream': async () => equal(await collect(new fs.ReadStream(FILE)), 'hello'),
  createWriteStream: async () => {
    const path = fresh()
    await new Promise((resolve, reject) => fs.createWriteStream(path).on('error', reject).on('close', resolve).end('zz'))
    equal(text(path), 'zz')
  },
  openAsBlob: async () => equal(await (await fs.openAsBlob(FILE)).text(), 'hello'),
  watch: () =>
    event(
      (heard) => {
        const watcher = fs.watch(ROOT, heard)
        return () => watcher.close()
      },
      () => fs.writeFileSync(`${ROOT}/watched`, '2'),
    ),
  watchFile: () => {
    const path = made()
    return event(
      (heard) => {
        fs.watchFile(path, { interval: 30 }, heard)
        return () => fs.unwatchFile(path)
      },
      () => fs.writeFileSync(path, 'changed'),
    )
  },
  'URL path': () => equal(fs.readFileSync(pathToFileURL(FILE), 'utf8'), 'hello'),
  'Buffer path': () => equal(fs.readFileSync(Buffer.from(FILE), 'utf8'), 'hello'),
  'relative path': () => equal(text(relative(process.cwd(), FILE)), 'hello'),
  'path with dots': () => equal(text(`${ROOT}/sub/../f.txt`), 'hello'),
  'only looks like a mount': () => equal(refusal(() => text(`${ROOT}2/f.txt`)).code, 'ENOENT'),
  'out by dots': () => ok(fs.statSync(`${ROOT}/..${host}`).isDirectory()),
  chdir: () => {
    const before = process.cwd()
    process.chdir(ROOT)
    try {
      equal(text('f.txt'), 'hello')
      equal(process.cwd(), ROOT)
    } finally {
      process.chdir(before)
    }
    equal(process.cwd(), before)
  },
  'ENOENT shape': () => {
    const { code, errno, syscall, path, message } = refusal(() => fs.readFileSync(`${ROOT}/none`))
    equal([code, errno, syscall, path], ['ENOENT', -2, 'open', `${ROOT}/none`])
    equal(message, `ENOENT: no such file or directory, open '${ROOT}/none'`)
  },
  'ENOENT of a promise': async () => equal((await P.stat(`${ROOT}/none`).catch((e) => e)).syscall, 'stat'),
  EISDIR: () => equal(refusal(() => fs.readFileSync(SUB)).code, 'EISDIR'),
  'bad argument': () => equal(refusal(() => fs.readFileSync({})).code, 'ERR_INVALID_ARG_TYPE'),
  'host untouched': () => ok(fs.readdirSync('/').length > 3 && fs.statSync(host).isDirectory()),
  'named import': () => equal(readFileSync(FILE), 'hello'),
  'namespace import': () => equal(namespace.readFileSync(FILE), 'hello'),
  'promises import': async () => equal(await readFile(FILE), 'hello'),
  'named import, later': () => equal(named(FILE), 'hello'),
  'default import, later': () => equal(fromDefault(FILE), 'hello'),
  'nothing on the host': () => equal(refusal(() => execFileSync('ls', [ROOT], { stdio: 'ignore' })).status > 0, true),
}

const loading = {
  'import mjs': async () => equal((await import(`${ROOT}/m.mjs`)).v, 1),
  'require cjs': () => equal(require(`${ROOT}/c.cjs`), 2),
  'require json': () => equal(require(`${ROOT}/d.json`).x, 3),
  'import json': async () => equal((await import(`${ROOT}/d.json`, { with: { type: 'json' } })).default.x, 3),
  'require.resolve': () => equal(require.resolve(`${ROOT}/c.cjs`), `${ROOT}/c.cjs`),
  'worker thread': () =>
    new Promise((resolve, reject) => {
      const code = `require('worker_threads').parentPort.postMessage(require('fs').readFileSync(${JSON.stringify(FILE)}, 'utf8'))`
      const worker = new Worker(code, { eval: true })
      worker.on('message', (m) => (m === 'hello' ? resolve() : reject(new Error(m))))
      worker.on('error', reject)
    }),
}

const groups = { sync, callback, promise, other, ...(process.argv.includes('--loading') ? { loading } : {}) }
let failed = 0
let passed = 0
for (const [group, probes] of Object.entries(groups)) {
  for (const [name, probe] of Object.entries(probes)) {
    try {
      await probe()
      passed++
    } catch (error) {
      failed++
      console.error(`${group} ${name}: ${error?.stack ?? error}`)
    }
  }
}
fs.rmSync(host, { recursive: true })
await ws.close()
console.log(`${passed} of ${passed + failed} on Node ${process.versions.node}`)
process.exit(failed)
