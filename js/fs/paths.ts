/** Functions of Node's binding that take one path. */
import { native } from '../native.js'
import { crossed } from './crossing.js'
import { drain } from './drain.js'
import { errno, refused } from './errors.js'
import { fieldsOf, isOurs, TIME_STEP } from './fds.js'
import { MountHandle } from './mount-handle.js'
import { asBytes, named, unpack } from './names.js'
import { mkdir } from './mkdir.js'
import { endsInDots, notDir, notItselfDir, onPath, onPathAbove, simple, wantsDir } from './on-path.js'
import { at, ELSEWHERE, type NativeDoor, owner, ownerAbove } from './places.js'
import { type Req, settle } from './settle.js'
import { recursive } from './recursive.js'
import { removeSync } from './remove.js'
import type { Fn, RawPath, Wrap } from './types.js'
import { readRefused, writeRefused, writeWhole } from './whole.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

const O_ACCMODE = 3
const O_CREAT = 0o100
const O_NOFOLLOW = 0o400000

const ENOENT = errno('ENOENT')
const ENOTDIR = errno('ENOTDIR')
const EISDIR = errno('EISDIR')
const EDEADLK = errno('EDEADLK')
const EINVAL = errno('EINVAL')
const ENOTEMPTY = errno('ENOTEMPTY')

/** Since Node 22, `throwIfNoEntry: false` also covers a file on the way. */
const FORGIVES_ENOTDIR = Number.parseInt(process.versions.node, 10) >= 22

const permissions = (mode: number): number => mode & ~process.umask()

const anyStat = (syscall: 'stat' | 'lstat', exists: Fn): Wrap =>
  onPathAbove(exists, (door, path, shown, args) => {
    const bigint = args[1] === true
    const req = args[2] as Req
    const follow = syscall === 'stat' || wantsDir(path)
    const forgiving = (code: unknown): boolean =>
      args[3] === false && (code === ENOENT || (code === ENOTDIR && syscall === 'stat' && FORGIVES_ENOTDIR))
    const refusal = wantsDir(path) && notDir(door, path) ? ENOTDIR : 0
    if (req === undefined) {
      const answer = refusal === 0 ? (door.stat(0, path, follow) as number) : refusal
      if (answer === 0) return fieldsOf(0, bigint, false)
      // Even so, a link may lead to the host: whoever asked there knows.
      if (forgiving(answer) && crossed(door, path) === undefined) return undefined
      throw refused(answer, syscall, shown)
    }
    const start = (id: number): unknown => {
      const answer = refusal === 0 ? door.stat(id, path, follow) : refusal
      // Not a value that a stat has: nothing is there, and that is fine.
      return forgiving(answer) && crossed(door, path) === undefined ? '' : answer
    }
    return settle(req, start, syscall, shown, undefined, (answer) => (answer === '' ? undefined : fieldsOf(answer, bigint, true)))
  })

/** The common case of {@link anyStat} in one step: at once, of something that is there. */
const stat =
  (syscall: 'stat' | 'lstat', exists: Fn): Wrap =>
  (real) => {
    const any = anyStat(syscall, exists)(real)
    const follow = syscall === 'stat'
    return function (this: unknown, path: unknown, bigint: unknown, req?: Req) {
      if (req === undefined && typeof path === 'string' && !path.endsWith('/')) {
        const door = owner(path)
        if (door !== undefined && door !== ELSEWHERE && door.stat(0, at, follow) === 0) return fieldsOf(0, bigint === true, false)
      }
      return any.apply(this, arguments as never)
    }
  }

const open: Wrap = onPath((door, path, shown, args) => {
  const [, flags, mode, req] = args as unknown as [unknown, number, number, Req]
  return settle(
    req,
    (id) => openFd(door, id, path, flags, mode),
    'open',
    shown,
    undefined,
    (fd) => fd,
  )
})

/** Opens a path; the descriptor, or a refusal. */
export function openFd(door: NativeDoor, id: number, path: RawPath, flags: number, mode: number): unknown {
  let asked = flags
  if (wantsDir(path)) {
    if ((flags & O_CREAT) !== 0) return EISDIR
    if (notDir(door, path)) return ENOTDIR
    // The slash follows a link, whatever else was asked for.
    asked &= ~O_NOFOLLOW
  }
  return door.open(id, path, asked, (flags & O_CREAT) === 0 ? 0 : permissions(mode))
}

const openFileHandle: Wrap = onPath((door, path, shown, args) => {
  const [, flags, mode, req] = args as unknown as [unknown, number, number, Req]
  return settle(
    req,
    (id) => openFd(door, id, path, flags, mode),
    'open',
    shown,
    undefined,
    (fd) => new MountHandle(fd as number),
  )
})

const readFileUtf8: Wrap = (real) => {
  const byPath = onPath((door, path, shown, args) => {
    const flags = (args[1] as number | undefined) ?? 0
    if ((flags & (O_ACCMODE | O_CREAT)) !== 0 || wantsDir(path)) {
      const fd = settle(
        undefined,
        (id) => openFd(door, id, path, flags, 0o666),
        'open',
        shown,
        undefined,
        (n) => n,
      ) as number
      return drain(fd, true).toString('utf8')
    }
    const answer = door.readFile(0, path, true)
    if (typeof answer === 'number') throw readRefused(answer, shown, true)
    return answer
  })(real)
  return function (this: unknown, path: unknown) {
    if (isOurs(path)) return drain(path, false).toString('utf8')
    return byPath.apply(this, arguments as never)
  }
}

const writeFileUtf8: Wrap = (real) => {
  const byPath = onPath((door, path, shown, args) => {
    const [, data, flags, mode] = args as unknown as [unknown, string, number, number]
    const answer = writeWhole(door, 0, path, data, flags, permissions(mode)) as number
    if (answer < 0) throw writeRefused(answer, shown)
    return undefined
  })(real)
  return function (this: unknown, path: unknown, data: string, ...rest: unknown[]) {
    if (!isOurs(path)) return byPath.apply(this, arguments as never)
    void rest
    return settle(undefined, (id) => writeAll(id, path, data), 'write')
  }
}

function writeAll(id: number, fd: number, data: string): unknown {
  const view = Buffer.from(data)
  const answer = native.fdWrite(id, fd, view, 0, view.length, -1)
  return typeof answer === 'number' && answer > 0 ? 0 : answer
}

const readdir = (exists: Fn): Wrap =>
  onPathAbove(exists, (door, path, shown, args) => {
    const [, encoding, withTypes, req] = args as unknown as [unknown, unknown, boolean, Req]
    return settle(
      req,
      (id) => door.readdir(id, path, asBytes(encoding)),
      'scandir',
      shown,
      undefined,
      (answer) => {
        const listing = unpack(answer as string | Buffer, encoding)
        return withTypes ? listing : listing[0]
      },
    )
  })

const mkdtemp: Wrap = (real) =>
  function (this: unknown, prefix: unknown, encoding: unknown, req?: Req) {
    // Only what comes before the random letters tells where.
    const door = owner(prefix)
    if (door === undefined || door === ELSEWHERE) return real.apply(this, arguments as never)
    const where = at
    const shown = `${String(prefix)}XXXXXX`
    return settle(
      req,
      (id) => door.mkdtemp(id, where, asBytes(encoding)),
      'mkdtemp',
      shown,
      undefined,
      // The answer begins as the question did, even where that was relative.
      (made) => named(typeof prefix === 'string' && typeof made === 'string' ? prefix + made.slice(-6) : made, encoding),
    )
  }

const name = (syscall: 'readlink' | 'realpath', exists: Fn): Wrap =>
  onPathAbove(exists, (door, path, shown, args) => {
    const [, encoding, req] = args as unknown as [unknown, unknown, Req]
    // A slash asks for what a link leads to, which is no link.
    const slashed = syscall === 'readlink' && wantsDir(path)
    const refusal = notDir(door, path) ? ENOTDIR : slashed && door.stat(0, path, true) === 0 ? EINVAL : 0
    return settle(
      req,
      (id) => (refusal === 0 ? door[syscall](id, path, asBytes(encoding)) : refusal),
      syscall,
      shown,
      undefined,
      (answer) => named(answer, encoding),
    )
  })

const statfs = onPath((door, path, shown, args) => {
  const [, bigint, req] = args as unknown as [unknown, boolean, Req]
  return settle(
    req,
    (id) => (notDir(door, path) ? ENOTDIR : door.statfs(id, path)),
    'statfs',
    shown,
    undefined,
    (answer) => {
      const [type, bsize, ...rest] = fieldsOf(answer, false, false) as Float64Array
      // Newer versions of Node know a fragment size, which comes third.
      const fields = STATFS_FIELDS === 8 ? [type, bsize, bsize, ...rest.slice(0, 5)] : [type, bsize, ...rest.slice(0, 5)]
      return bigint ? BigInt64Array.from(fields as number[], BigInt) : Float64Array.from(fields as number[])
    },
  )
})

let STATFS_FIELDS = 7

/** Tells how many fields this Node's `StatFs` has. */
export function setStatFsFields(count: number): void {
  STATFS_FIELDS = count
}

const existsSync = (exists: Fn): Wrap =>
  onPathAbove(exists, (door, path) => {
    const found = door.moduleStat(path)
    if (found >= 0) return !notDir(door, path)
    // Nobody can say: `false` would be a guess.
    if (found === EDEADLK) throw refused(door.access(0, path, 0) as number, 'access', path)
    const host = crossed(door, path)
    return host !== undefined && exists(host) === true
  })

/** What `require` asks: Node 22 has the binding as a first argument in front of the path. */
const internalModuleStat =
  (exists: Fn): Wrap =>
  (real) =>
    function (this: unknown, first: unknown, second?: unknown) {
      const path = typeof first === 'string' ? first : second
      let door = owner(path)
      if (door === undefined) {
        door = ownerAbove(path)
        if (door === undefined || exists(path) === true) return real.apply(this, arguments as never)
      }
      if (door === ELSEWHERE) return real.apply(this, arguments as never)
      return door.moduleStat(at)
    }

/** Whether a file without an extension is WebAssembly (1) or JavaScript (0). */
const getFormatOfExtensionlessFile = onPath((door, path) => {
  const text = door.readFile(0, path, false)
  return Buffer.isBuffer(text) && text.length >= 4 && text.readUInt32BE(0) === 0x0061736d ? 1 : 0
})

const rmSync = onPath((door, path, shown, args) => removeSync(door, path, shown, args[2] === true))

/** Replacements, by the name that they have in Node's binding. `exists` is the host's own `existsSync`. */
export const pathTable = (exists: Fn): Record<string, Wrap> => ({
  stat: stat('stat', exists),
  lstat: stat('lstat', exists),
  open,
  openFileHandle,
  readFileUtf8,
  writeFileUtf8,
  readdir: readdir(exists),
  readdirRecursive: recursive,
  mkdir,
  mkdtemp,
  readlink: name('readlink', exists),
  realpath: name('realpath', exists),
  statfs,
  existsSync: existsSync(exists),
  internalModuleStat: internalModuleStat(exists),
  getFormatOfExtensionlessFile,
  rmSync,
  access: access(exists),
  unlink: simple(
    'unlink',
    1,
    (door, id, path) => door.unlink(id, path),
    (door, path) => (notItselfDir(door, path) ? ENOTDIR : 0),
  ),
  rmdir: simple(
    'rmdir',
    1,
    (door, id, path) => door.rmdir(id, path),
    (door, path, shown) =>
      notItselfDir(door, path) ? ENOTDIR : endsInDots(shown) ? (String(shown).endsWith('..') ? ENOTEMPTY : EINVAL) : 0,
  ),
  chmod: simple('chmod', 2, (door, id, path, args) => door.chmod(id, path, args[1] as number)),
  chown: chown('chown', true),
  lchown: chown('lchown', false),
  utimes: utimes('utime', true),
  lutimes: utimes('lutime', false),
})

function access(exists: Fn): Wrap {
  return onPathAbove(exists, (door, path, shown, args) => {
    const refusal = notDir(door, path) ? ENOTDIR : 0
    return settle(
      args[2] as Req,
      (id) => (refusal === 0 ? door.access(id, path, (args[1] as number | undefined) ?? 0) : refusal),
      'access',
      shown,
    )
  })
}

function chown(syscall: string, follow: boolean): Wrap {
  return simple(syscall, 3, (door, id, path, args) => door.chown(id, path, (args[1] as number) >>> 0, (args[2] as number) >>> 0, follow))
}

function utimes(syscall: string, follow: boolean): Wrap {
  return simple(syscall, 3, (door, id, path, args) => door.utimes(id, path, args[1] as number, args[2] as number, TIME_STEP, follow))
}
