/** Functions of Node's binding that take two paths: both in one workspace, or across a boundary. */
import { copyAcross, copyAcrossSync } from './across.js'
import { errno } from './errors.js'
import { endsInDots, notDir, notItselfDir, wantsDir } from './on-path.js'
import { at, elsewhere, ELSEWHERE, type NativeDoor, owner } from './places.js'
import { forward, type Req, scratch, settle } from './settle.js'
import type { RawPath, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

const EXDEV = errno('EXDEV')
const ENOTSUP = errno('ENOTSUP')
const ENOTDIR = errno('ENOTDIR')
const ENOENT = errno('ENOENT')
const EEXIST = errno('EEXIST')
const EISDIR = errno('EISDIR')
const EBUSY = errno('EBUSY')
const EPERM = errno('EPERM')
const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const COPYFILE_EXCL = 1
const COPYFILE_FICLONE_FORCE = 4

/** One of two paths: whose it is, and how it is asked for. */
interface End {
  door: NativeDoor | undefined
  path: RawPath
}

function end(path: unknown): End {
  const door = owner(path)
  if (door === undefined) return { door, path: path as RawPath }
  return door === ELSEWHERE ? { door: undefined, path: elsewhere } : { door, path: at }
}

/** A function of two paths; `inside` runs when both belong to one workspace, `across` when they do not. */
const onTwo =
  (
    inside: (door: NativeDoor, from: RawPath, to: RawPath, args: IArguments) => unknown,
    across: (from: End, to: End, args: IArguments) => unknown,
  ): Wrap =>
  (real) =>
    function (this: unknown, first: unknown, second: unknown) {
      const from = end(first)
      const to = end(second)
      if (from.door === undefined && to.door === undefined) {
        if (from.path === first && to.path === second) return real.apply(this, arguments as never)
        return real.apply(this, [from.path, to.path, ...Array.from(arguments).slice(2)])
      }
      if (from.door !== undefined && from.door === to.door) return inside(from.door, from.path, to.path, arguments)
      return across(from, to, arguments)
    }

/** Refuses with `EXDEV` what cannot be done across a boundary. */
const refuse =
  (syscall: string) =>
  (from: End, to: End, args: IArguments): unknown =>
    settle(args[2] as Req, () => (from.path.length === 0 || to.path.length === 0 ? ENOENT : EXDEV), syscall, args[0], args[1])

const isDir = (door: NativeDoor, path: RawPath): boolean => door.stat(0, path, false) === 0 && ((scratch[1] as number) & S_IFMT) === S_IFDIR

/** What a trailing slash or dots forbid in a rename. */
function renameRefusal(door: NativeDoor, from: RawPath, to: RawPath, args: IArguments): number {
  if (endsInDots(args[0]) || endsInDots(args[1])) return EBUSY
  if (notItselfDir(door, from)) return ENOTDIR
  // Only a directory can be renamed to a directory.
  if (wantsDir(to) && (notItselfDir(door, to) || (door.stat(0, from, false) === 0 && !isDir(door, from)))) return ENOTDIR
  return 0
}

/** What a trailing slash forbids in a hard link. */
function linkRefusal(door: NativeDoor, existing: RawPath, created: RawPath): number {
  if (notDir(door, existing)) return ENOTDIR
  if (wantsDir(existing) && door.stat(0, existing, true) === 0) return EPERM
  return slashRefusal(door, created)
}

/** A name with a trailing slash is not one that a file or link can be made by. */
function slashRefusal(door: NativeDoor, path: RawPath): number {
  if (!wantsDir(path)) return 0
  return door.stat(0, path.slice(0, -1), false) === 0 ? EEXIST : ENOENT
}

const copyFileSound = onTwo(
  (door, from, to, args) => {
    const mode = (args[2] as number | undefined) ?? 0
    // Mounts share no blocks with anything.
    const clone = (mode & COPYFILE_FICLONE_FORCE) !== 0
    const refusal = clone ? ENOTSUP : notDir(door, from) ? ENOTDIR : wantsDir(to) ? EISDIR : 0
    return settle(
      args[3] as Req,
      (id) => (refusal === 0 ? door.copyFile(id, from, to, (mode & COPYFILE_EXCL) !== 0) : refusal),
      'copyfile',
      args[0],
      args[1],
    )
  },
  (from, to, args) => {
    const [shownFrom, shownTo, mode, req] = args as unknown as [unknown, unknown, number, Req]
    if ((mode & COPYFILE_FICLONE_FORCE) !== 0) return settle(req, () => ENOTSUP, 'copyfile', shownFrom, shownTo)
    const job = { from: from.path, to: to.path, shownFrom, shownTo, exclusive: (mode & COPYFILE_EXCL) !== 0 }
    if (req === undefined) return copyAcrossSync(job)
    return forward(req, copyAcross(job))
  },
)

const copyFile: Wrap = (real) => {
  const ours = copyFileSound(real)
  return function (this: unknown, _from: unknown, _to: unknown, mode: unknown) {
    // What is no number makes Node's own complain before it looks at the paths.
    const sound = mode === undefined || mode === null || (typeof mode === 'number' && mode >= 0 && mode <= 7)
    return (sound ? ours : real).apply(this, arguments as never)
  }
}

const symlink = (real: Parameters<Wrap>[0]): ReturnType<Wrap> =>
  function (this: unknown, target: unknown, path: unknown, _flags: unknown, req?: Req) {
    const door = owner(path)
    if (door === undefined) return real.apply(this, arguments as never)
    if (door === ELSEWHERE) return real.apply(this, [target, elsewhere, ...Array.from(arguments).slice(2)])
    const where = at
    const refusal = slashRefusal(door, where)
    return settle(req, (id) => (refusal === 0 ? door.symlink(id, target as RawPath, where) : refusal), 'symlink', target, path)
  }

/** Replacements, by the name that they have in Node's binding. */
export const TWO_TABLE: Record<string, Wrap> = {
  rename: onTwo((door, from, to, args) => {
    const refusal = renameRefusal(door, from, to, args)
    return settle(args[2] as Req, (id) => (refusal === 0 ? door.rename(id, from, to) : refusal), 'rename', args[0], args[1])
  }, refuse('rename')),
  link: onTwo((door, from, to, args) => {
    const refusal = linkRefusal(door, from, to)
    return settle(args[2] as Req, (id) => (refusal === 0 ? door.link(id, from, to) : refusal), 'link', args[0], args[1])
  }, refuse('link')),
  copyFile,
  symlink,
}
