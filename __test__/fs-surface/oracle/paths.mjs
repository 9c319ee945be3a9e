// Every function that takes a path, on every kind of thing that a path can lead to, in all three forms.
import fs from 'node:fs'
import { join } from 'node:path'

/** Things that paths lead to; made anew for every call, so that calls do not see each other. */
const KINDS = [
  'file',
  'empty',
  'dir',
  'full',
  'missing',
  'file/below',
  'missing/below',
  'file/',
  'dir/',
  'missing/',
  'to-file',
  'to-dir',
  'dangling',
  'dangling/x',
  'loop',
  'to-dir/',
  'to-file/',
  'to-dir/inner',
  'full/../file',
  './file',
  'full//inner',
  '',
  '.',
  'name'.padEnd(256, 'x'),
]

function populate(dir) {
  fs.mkdirSync(dir)
  fs.writeFileSync(join(dir, 'file'), 'content')
  fs.writeFileSync(join(dir, 'empty'), '')
  fs.mkdirSync(join(dir, 'dir'))
  fs.mkdirSync(join(dir, 'full'))
  fs.writeFileSync(join(dir, 'full', 'inner'), 'inner')
  fs.symlinkSync('file', join(dir, 'to-file'))
  fs.symlinkSync('full', join(dir, 'to-dir'))
  fs.symlinkSync('nowhere', join(dir, 'dangling'))
  fs.symlinkSync('loop', join(dir, 'loop'))
}

const OPS = {
  access: [],
  'access W': ['access', fs.constants.W_OK],
  'access X': ['access', fs.constants.X_OK],
  appendFile: ['appendFile', 'more'],
  chmod: ['chmod', 0o640],
  chown: ['chown', 0, 0],
  lchown: ['lchown', 0, 0],
  'copyFile to new': (path, dir) => ['copyFile', path, join(dir, 'new')],
  'copyFile excl': (path, dir) => ['copyFile', path, join(dir, 'file'), fs.constants.COPYFILE_EXCL],
  'copyFile onto': (path, dir) => ['copyFile', join(dir, 'full/inner'), path],
  'cp to new': (path, dir) => ['cp', path, join(dir, 'new'), { recursive: true }],
  'cp onto': (path, dir) => ['cp', join(dir, 'full/inner'), path],
  'cp dir onto': (path, dir) => ['cp', join(dir, 'full'), path, { recursive: true }],
  'cp no recursion': (path, dir) => ['cp', path, join(dir, 'new')],
  'cp errorOnExist': (path, dir) => ['cp', join(dir, 'full/inner'), path, { errorOnExist: true, force: false }],
  'link to new': (path, dir) => ['link', path, join(dir, 'new')],
  'link onto': (path, dir) => ['link', join(dir, 'file'), path],
  lstat: [],
  lutimes: ['lutimes', 10, 20],
  mkdir: [],
  'mkdir recursive': ['mkdir', { recursive: true }],
  'open r': ['open', 'r'],
  'open r+': ['open', 'r+'],
  'open w': ['open', 'w'],
  'open wx': ['open', 'wx'],
  'open a': ['open', 'a'],
  'open a+': ['open', 'a+'],
  'open directory': ['open', fs.constants.O_DIRECTORY],
  'open nofollow': ['open', fs.constants.O_NOFOLLOW],
  'open trunc': ['open', fs.constants.O_TRUNC],
  opendir: [],
  readFile: [],
  'readFile utf8': ['readFile', 'utf8'],
  'readFile a+': ['readFile', { flag: 'a+' }],
  'readFile w': ['readFile', { flag: 'w' }],
  readdir: [],
  'readdir recursive': ['readdir', { recursive: true }],
  readlink: [],
  realpath: [],
  'rename to new': (path, dir) => ['rename', path, join(dir, 'new')],
  'rename onto': (path, dir) => ['rename', join(dir, 'file'), path],
  'rename dir onto': (path, dir) => ['rename', join(dir, 'full'), path],
  'rename into itself': (path) => ['rename', path, join(path, 'x')],
  rm: [],
  'rm recursive': ['rm', { recursive: true }],
  'rm force': ['rm', { force: true }],
  'rm both': ['rm', { force: true, recursive: true }],
  rmdir: [],
  stat: [],
  statfs: [],
  'symlink onto': (path) => ['symlink', 'target', path],
  truncate: ['truncate', 3],
  unlink: [],
  utimes: ['utimes', 10, 20],
  writeFile: ['writeFile', 'new content'],
  'writeFile wx': ['writeFile', 'new', { flag: 'wx' }],
  'writeFile a': ['writeFile', 'new', { flag: 'a' }],
  'writeFile r': ['writeFile', 'new', { flag: 'r' }],
  'writeFile r+': ['writeFile', 'new', { flag: 'r+' }],
  createReadStream: 'stream',
}

function show(value, dir) {
  if (Buffer.isBuffer(value)) return `bytes ${value.toString('latin1')}`
  if (value instanceof fs.Stats)
    return `stats ${value.isDirectory()} ${value.isFile()} ${value.isSymbolicLink()} ${value.isDirectory() ? '' : value.size} ${(value.mode & 0o7777).toString(8)} ${value.isDirectory() ? '' : value.nlink}`
  if (value instanceof fs.Dir) {
    value.closeSync()
    return 'dir'
  }
  if (typeof value === 'number') {
    const { size } = fs.fstatSync(value)
    fs.closeSync(value)
    return `fd ${fs.constants.O_RDONLY + size > 0 ? '' : ''}`
  }
  if (value !== null && typeof value === 'object' && 'bsize' in value) return 'statfs'
  if (value !== null && typeof value === 'object' && typeof value.fd === 'number') {
    void value.close().catch(() => {})
    return 'handle'
  }
  return JSON.stringify(value)?.replaceAll(dir, '<dir>') ?? 'undefined'
}

function failure(error, dir) {
  const own = {
    name: error.name,
    code: error.code,
    errno: error.errno,
    syscall: error.syscall,
    path: error.path,
    dest: error.dest,
    message: error.message,
  }
  return JSON.stringify(own).replaceAll(dir, '<dir>')
}

/** What is there afterwards. */
function tree(dir) {
  if (!fs.existsSync(dir)) return 'gone'
  const out = []
  for (const e of fs.readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const path = join(e.parentPath, e.name)
    const below = path.slice(dir.length + 1)
    if (e.isSymbolicLink()) out.push(`${below} -> ${fs.readlinkSync(path)}`)
    else if (e.isDirectory()) out.push(`${below}/`)
    else out.push(`${below} ${fs.readFileSync(path, 'latin1')} ${(fs.statSync(path).mode & 0o777).toString(8)}`)
  }
  return out.sort().join(', ')
}

const sync = (name, args) => fs[`${name}Sync`](...args)
const callback = (name, args) =>
  new Promise((resolve, reject) => fs[name](...args, (error, value) => (error ? reject(error) : resolve(value))))
const promise = (name, args) => fs.promises[name](...args)

async function streamed(path) {
  let text = ''
  for await (const chunk of fs.createReadStream(path)) text += chunk
  return text
}

const name0 = (op, title) => (typeof op === 'function' ? op('', '')[0] : title)

export default async function (base, log) {
  let n = 0
  for (const [title, op] of Object.entries(OPS)) {
    for (const kind of KINDS) {
      // Node 22 and newer abort the process on these, in C++.
      if (name0(op, title) === 'cp' && ['.', '', 'dangling', 'dangling/x', 'loop'].includes(kind)) continue
      for (const [form, call] of Object.entries({ sync, callback, promise })) {
        if (op === 'stream' && form !== 'promise') continue
        const dir = join(base, `d${n++}`)
        populate(dir)
        const path = kind === '' ? '' : `${dir}/${kind}`
        const [name, ...args] = typeof op === 'function' ? op(path, dir) : op.length > 0 ? [op[0], path, ...op.slice(1)] : [title, path]
        let outcome
        try {
          outcome = show(op === 'stream' ? await streamed(path) : await call(name, args), dir)
        } catch (error) {
          outcome = failure(error, dir)
        }
        log(`${title} ${kind.slice(0, 20)} (${form})`, `${outcome} | ${tree(dir)}`)
        fs.rmSync(dir, { recursive: true, force: true })
      }
    }
  }
}
