/** Functions of Node's binding that take two paths: both in one workspace, or across a boundary. */
import { copyAcross, copyAcrossSync } from './across.js'
import { errno } from './errors.js'
import { notDir } from './on-path.js'
import { at, elsewhere, ELSEWHERE, type NativeDoor, owner } from './places.js'
import { forward, type Req, settle } from './settle.js'
import type { RawPath, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

const EXDEV = errno('EXDEV')
const ENOTSUP = errno('ENOTSUP')
const ENOTDIR = errno('ENOTDIR')
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
  (_from: End, _to: End, args: IArguments): unknown =>
    settle(args[2] as Req, () => EXDEV, syscall, args[0], args[1])

const copyFile = onTwo(
  (door, from, to, args) => {
    const mode = args[2] as number
    // Mounts share no blocks with anything.
    const refusal = (mode & COPYFILE_FICLONE_FORCE) !== 0 ? ENOTSUP : 0
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

const symlink = (real: Parameters<Wrap>[0]): ReturnType<Wrap> =>
  function (this: unknown, target: unknown, path: unknown, _flags: unknown, req?: Req) {
    const door = owner(path)
    if (door === undefined) return real.apply(this, arguments as never)
    if (door === ELSEWHERE) return real.apply(this, [target, elsewhere, ...Array.from(arguments).slice(2)])
    const where = at
    const refusal = notDir(door, where) ? ENOTDIR : 0
    return settle(req, (id) => (refusal === 0 ? door.symlink(id, target as RawPath, where) : refusal), 'symlink', target, path)
  }

/** Replacements, by the name that they have in Node's binding. */
export const TWO_TABLE: Record<string, Wrap> = {
  rename: onTwo(
    (door, from, to, args) => settle(args[2] as Req, (id) => door.rename(id, from, to), 'rename', args[0], args[1]),
    refuse('rename'),
  ),
  link: onTwo((door, from, to, args) => settle(args[2] as Req, (id) => door.link(id, from, to), 'link', args[0], args[1]), refuse('link')),
  copyFile,
  symlink,
}
