/** How a function of Node's binding becomes one that asks the mounts first. */
import { laterOnHost, onHost, requestIn } from './crossing.js'
import { errno } from './errors.js'
import { at, elsewhere, ELSEWHERE, type NativeDoor, owner, ownerAbove } from './places.js'
import { type Req, scratch, settle } from './settle.js'
import type { Fn, RawPath, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const SLASH = 47
const ENOTDIR = errno('ENOTDIR')

/** Goes on with the path that the kernel knows. */
export function away(real: Fn, self: unknown, args: IArguments, index = 0): unknown {
  const all = Array.from(args)
  all[index] = elsewhere
  return real.apply(self, all)
}

/** Whether a path asks for a directory by its last character. */
export function wantsDir(path: RawPath): boolean {
  const last = path.length - 1
  return last > 0 && (typeof path === 'string' ? path.charCodeAt(last) : path[last]) === SLASH
}

/** Whether a path asks for a directory and something else is there. */
export function notDir(door: NativeDoor, path: RawPath): boolean {
  return wantsDir(path) && door.stat(0, path, true) === 0 && ((scratch[1] as number) & S_IFMT) !== S_IFDIR
}

/** Whether a path asks for a directory and its last name is something else, a link included. */
export function notItselfDir(door: NativeDoor, path: RawPath): boolean {
  if (!wantsDir(path)) return false
  const itself = path.slice(0, -1)
  return door.stat(0, itself, false) === 0 && ((scratch[1] as number) & S_IFMT) !== S_IFDIR
}

/** Whether the last name of a path is `.` or `..`, which calls that change names refuse. */
export function endsInDots(path: unknown): boolean {
  return typeof path === 'string' && path.endsWith('.') && /(?:^|\/)\.\.?$/.test(path)
}

/** What a function does with a path of a mount: the path to ask for, and as the caller wrote it. */
export type Run = (door: NativeDoor, path: RawPath, shown: unknown, args: IArguments) => unknown

/** A function whose first argument is a path. */
export const onPath =
  (run: Run): Wrap =>
  (real) =>
    function (this: unknown, path: unknown) {
      const door = owner(path)
      if (door === undefined) return real.apply(this, arguments as never)
      if (door === ELSEWHERE) return away(real, this, arguments)
      const where = at
      const there = (host: string): unknown => real.apply(this, [host, ...Array.from(arguments).slice(1)])
      const index = requestIn(arguments)
      if (index >= 0) return laterOnHost(door, where, arguments, index, (args) => run(door, where, path, args), there)
      try {
        return run(door, where, path, arguments)
      } catch (error) {
        const host = onHost(error, door, where)
        if (host === undefined) throw error
        return there(host)
      }
    }

/** As {@link onPath}, for looking at a directory that only leads to a mount. */
export const onPathAbove = (exists: Fn, run: Run): Wrap => {
  const make = onPath(run)
  return (real) => {
    const usual = make(real)
    return function (this: unknown, path: unknown) {
      const door = ownerAbove(path)
      if (door === undefined || exists(path) === true) return usual.apply(this, arguments as never)
      return run(door, at, path, arguments)
    }
  }
}

/** Why a path is refused before anybody looks closer: a number of an errno, or 0. */
export type Refusal = (door: NativeDoor, path: RawPath, shown: unknown) => number

const notADir: Refusal = (door, path) => (notDir(door, path) ? ENOTDIR : 0)

/** A function of one path that answers nothing or a plain value; `count` is where its request stands. */
export const simple = (
  syscall: string,
  count: number,
  start: (door: NativeDoor, id: number, path: RawPath, args: IArguments) => unknown,
  refuse: Refusal = notADir,
): Wrap =>
  onPath((door, path, shown, args) => {
    const refusal = refuse(door, path, shown)
    return settle(args[count] as Req, (id) => (refusal === 0 ? start(door, id, path, args) : refusal), syscall, shown)
  })
