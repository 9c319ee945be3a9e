/**
 * `fs.cp`, where one end or both lie in a mount: Node's own walks directories in native code. The rules are written once, as
 * steps; `cpSync` takes them at once and `cp` waits for each.
 */
import fs, { type BigIntStats, type CopyOptions } from 'node:fs'
import { constants } from 'node:os'
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path'

import { place } from './arguments.js'
import { nodeError, systemError } from './errors.js'
import type { Fn, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

type Options = Required<
  Pick<CopyOptions, 'dereference' | 'errorOnExist' | 'force' | 'preserveTimestamps' | 'recursive' | 'verbatimSymlinks'>
> & {
  mode: number
  filter?: (src: string, dest: string) => unknown
}

/** One step: a function of node:fs by its asynchronous name with its arguments, or the caller's filter. */
type Step = [name: string, ...args: unknown[]] | (() => unknown)
type Steps<T> = Generator<Step, T, never>

function* call<T>(name: string, ...args: unknown[]): Steps<T> {
  return (yield [name, ...args]) as T
}

const ERRORS = {
  ERR_FS_CP_DIR_TO_NON_DIR: 'Cannot overwrite non-directory with directory',
  ERR_FS_CP_EEXIST: 'Target already exists',
  ERR_FS_CP_EINVAL: 'Invalid src or dest',
  ERR_FS_CP_FIFO_PIPE: 'Cannot copy a FIFO pipe',
  ERR_FS_CP_NON_DIR_TO_DIR: 'Cannot overwrite directory with non-directory',
  ERR_FS_CP_SOCKET: 'Cannot copy a socket file',
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: 'Cannot overwrite symlink in subdirectory of self',
  ERR_FS_CP_UNKNOWN: 'Cannot copy an unknown file type',
  ERR_FS_EISDIR: 'Path is a directory',
} as const

/** From Node 22 on, `cpSync` checks in C++: it says less, and looks through links exactly when it should not. */
const MAJOR = Number.parseInt(process.versions.node, 10)
const BRIEF = MAJOR >= 22

function brief(key: keyof typeof ERRORS, message: string): Error {
  return nodeError(Error, key, message)
}

function fail(key: keyof typeof ERRORS, code: keyof typeof constants.errno, message: string, path: string): Error {
  return systemError(key, ERRORS[key], { message, path, syscall: 'cp', errno: constants.errno[code], code })
}

const same = (a: BigIntStats, b: BigIntStats): boolean => b.ino !== 0n && a.ino === b.ino && a.dev === b.dev

const parts = (path: string): string[] => resolve(path).split(sep).filter(Boolean)

/** Whether `path` is `dir` or lies below it, by the names alone. */
function isBelow(dir: string, path: string): boolean {
  const below = parts(path)
  return parts(dir).every((part, i) => below[i] === part)
}

function* orNothing(name: string, path: string): Steps<BigIntStats | undefined> {
  try {
    return yield* call<BigIntStats>(name, path, { bigint: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** As {@link orNothing}, whatever the reason is. */
function* peek(name: string, path: string): Steps<BigIntStats | undefined> {
  try {
    return yield* call<BigIntStats>(name, path, { bigint: true })
  } catch {
    return undefined
  }
}

class Copy {
  readonly #options: Options
  readonly #sync: boolean
  readonly #brief: boolean
  /** Whether a directory that is there counts as one that is in the way: since Node 22, and at once since 26. */
  readonly #strict: boolean

  constructor(options: Options, sync: boolean) {
    this.#options = options
    this.#sync = sync
    this.#brief = sync && BRIEF
    this.#strict = MAJOR >= (sync ? 26 : 22)
  }

  *run(src: string, dest: string): Steps<void> {
    if (!(yield* this.#wanted(src, dest))) return
    if (this.#brief) yield* this.#checkBriefly(src, dest)
    const [from, to] = yield* this.#check(src, dest)
    yield* this.#checkParents(src, from, dest)
    const parent = dirname(dest)
    if ((yield* orNothing('stat', parent)) === undefined) yield* call('mkdir', parent, { recursive: true })
    yield* this.#one(from, to, src, dest)
  }

  *#wanted(src: string, dest: string): Steps<boolean> {
    const { filter } = this.#options
    return filter === undefined || Boolean(yield () => filter(src, dest))
  }

  *#check(src: string, dest: string): Steps<[BigIntStats, BigIntStats | undefined]> {
    const look = this.#options.dereference ? 'stat' : 'lstat'
    const from = yield* call<BigIntStats>(look, src, { bigint: true })
    const to = yield* orNothing(look, dest)
    if (to !== undefined) {
      if (same(from, to)) throw fail('ERR_FS_CP_EINVAL', 'EINVAL', 'src and dest cannot be the same', dest)
      if (from.isDirectory() && !to.isDirectory()) {
        throw fail('ERR_FS_CP_DIR_TO_NON_DIR', 'EISDIR', `cannot overwrite non-directory ${dest} with directory ${src}`, dest)
      }
      if (!from.isDirectory() && to.isDirectory()) {
        throw fail('ERR_FS_CP_NON_DIR_TO_DIR', 'ENOTDIR', `cannot overwrite directory ${dest} with non-directory ${src}`, dest)
      }
    }
    if (from.isDirectory() && isBelow(src, dest)) {
      throw fail('ERR_FS_CP_EINVAL', 'EINVAL', `cannot copy ${src} to a subdirectory of self ${dest}`, dest)
    }
    return [from, to]
  }

  *#checkBriefly(src: string, dest: string): Steps<void> {
    const from = yield* peek(this.#options.dereference ? 'lstat' : 'stat', src)
    const to = yield* peek('lstat', dest)
    if (from === undefined) return
    if (to !== undefined) {
      const end = yield* peek('stat', dest)
      if (end !== undefined && same(from, end)) throw brief('ERR_FS_CP_EINVAL', `src and dest cannot be the same ${dest}`)
      if (from.isDirectory() && !to.isDirectory()) {
        throw brief('ERR_FS_CP_DIR_TO_NON_DIR', `Cannot overwrite non-directory ${dest} with directory ${src}`)
      }
      if (!from.isDirectory() && to.isDirectory()) {
        throw brief('ERR_FS_CP_NON_DIR_TO_DIR', `Cannot overwrite directory ${dest} with non-directory ${src}`)
      }
    }
    const slashed = src.endsWith('/') ? src : `${src}/`
    if (from.isDirectory() && isBelow(src, dest)) {
      throw brief('ERR_FS_CP_EINVAL', `Cannot copy ${slashed} to a subdirectory of self ${dest}`)
    }
    if (from.isDirectory() && !this.#options.recursive) {
      throw brief('ERR_FS_EISDIR', `Recursive option not enabled, cannot copy a directory: ${slashed}`)
    }
  }

  /** Nothing above the target may be the source itself, by whatever name. */
  *#checkParents(src: string, from: BigIntStats, dest: string): Steps<void> {
    const stop = resolve(dirname(src))
    for (let dir = resolve(dirname(dest)); dir !== stop && dir !== parse(dir).root; dir = dirname(dir)) {
      const stat = yield* orNothing('stat', dir)
      if (stat === undefined) return
      if (same(from, stat)) {
        throw fail('ERR_FS_CP_EINVAL', 'EINVAL', `cannot copy ${src} to a subdirectory of self ${dest}`, dest)
      }
    }
  }

  *#one(from: BigIntStats, to: BigIntStats | undefined, src: string, dest: string): Steps<void> {
    if (from.isDirectory()) {
      if (!this.#options.recursive) {
        const error = fail('ERR_FS_EISDIR', 'EISDIR', `${src} is a directory (not copied)`, src)
        // Node 20 says another number than name here.
        throw this.#sync ? Object.assign(error, { errno: constants.errno.EINVAL }) : error
      }
      yield* this.#directory(from, to, src, dest)
    } else if (from.isFile() || from.isCharacterDevice() || from.isBlockDevice()) {
      yield* this.#file(from, to, src, dest)
    } else if (from.isSymbolicLink()) {
      yield* this.#link(to, src, dest)
    } else if (from.isSocket()) {
      throw fail('ERR_FS_CP_SOCKET', 'EINVAL', `cannot copy a socket file: ${dest}`, dest)
    } else if (from.isFIFO()) {
      throw fail('ERR_FS_CP_FIFO_PIPE', 'EINVAL', `cannot copy a FIFO pipe: ${dest}`, dest)
    } else {
      throw fail('ERR_FS_CP_UNKNOWN', 'EINVAL', `cannot copy an unknown file type: ${dest}`, dest)
    }
  }

  *#directory(from: BigIntStats, to: BigIntStats | undefined, src: string, dest: string): Steps<void> {
    const { errorOnExist, force } = this.#options
    if (to === undefined) yield* call('mkdir', dest)
    else if (errorOnExist && !force && this.#strict) throw fail('ERR_FS_CP_EEXIST', 'EEXIST', `${dest} already exists`, dest)
    for (const name of yield* call<string[]>('readdir', src)) {
      const [a, b] = [join(src, name), join(dest, name)]
      if (!(yield* this.#wanted(a, b))) continue
      const [inner, there] = yield* this.#check(a, b)
      yield* this.#one(inner, there, a, b)
    }
    if (to === undefined) yield* call('chmod', dest, Number(from.mode))
  }

  *#file(from: BigIntStats, to: BigIntStats | undefined, src: string, dest: string): Steps<void> {
    const { errorOnExist, force, mode, preserveTimestamps } = this.#options
    if (to !== undefined) {
      if (!force) {
        if (errorOnExist) throw fail('ERR_FS_CP_EEXIST', 'EEXIST', `${dest} already exists`, dest)
        return
      }
      yield* call('unlink', dest)
    }
    yield* call('copyFile', src, dest, mode)
    if (preserveTimestamps) {
      // Not the times from before: reading has changed the access time.
      const times = yield* call<BigIntStats>('stat', src, { bigint: true })
      yield* call('utimes', dest, Number(times.atimeMs) / 1000, Number(times.mtimeMs) / 1000)
    }
    yield* call('chmod', dest, Number(from.mode))
  }

  *#link(to: BigIntStats | undefined, src: string, dest: string): Steps<void> {
    const target = this.#absolute(yield* call<string>('readlink', src), src)
    if (to === undefined) {
      yield* call('symlink', target, dest)
      return
    }
    let old: string
    try {
      old = yield* call<string>('readlink', dest)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
      // Something else is there; making the link says so.
      yield* call('symlink', target, dest)
      return
    }
    if (!isAbsolute(old)) old = resolve(dirname(dest), old)
    const stat = yield* orNothing('stat', src)
    const isDir = stat?.isDirectory() === true
    if (isDir && isBelow(target, old)) {
      if (this.#brief && this.#options.filter === undefined)
        throw brief('ERR_FS_CP_EINVAL', `Cannot copy ${target} to a subdirectory of self ${old}`)
      throw fail('ERR_FS_CP_EINVAL', 'EINVAL', `cannot copy ${target} to a subdirectory of self ${old}`, dest)
    }
    if (isDir && isBelow(old, target)) {
      throw fail('ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY', 'EINVAL', `cannot overwrite ${old} with ${target}`, dest)
    }
    yield* call('unlink', dest)
    yield* call('symlink', target, dest)
  }

  #absolute(target: string, link: string): string {
    return this.#options.verbatimSymlinks || isAbsolute(target) ? target : resolve(dirname(link), target)
  }
}

function takeNow<T>(steps: Steps<T>): T {
  let next = steps.next()
  while (next.done !== true) {
    let value: unknown
    try {
      value = now(next.value)
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next(value as never)
  }
  return next.value
}

function now(step: Step): unknown {
  if (typeof step !== 'function') {
    const [name, ...args] = step
    return (fs as unknown as Record<string, Fn>)[`${name}Sync`]?.(...args)
  }
  const answer = step()
  if (answer instanceof Promise) {
    const message = 'Expected boolean to be returned from the "filter" function but got an instance of Promise.'
    throw nodeError(TypeError, 'ERR_INVALID_RETURN_VALUE', message)
  }
  return answer
}

async function take<T>(steps: Steps<T>): Promise<T> {
  let next = steps.next()
  while (next.done !== true) {
    let value: unknown
    try {
      const step = next.value
      const [name, ...args] = typeof step === 'function' ? [''] : step
      value = typeof step === 'function' ? await step() : await (fs.promises as unknown as Record<string, Fn>)[name]?.(...args)
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next(value as never)
  }
  return next.value
}

/** The options with their defaults; `undefined` when Node should complain about them. */
function checked(given: unknown): Options | undefined {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) return undefined
  const flags = {
    dereference: false,
    errorOnExist: false,
    force: true,
    preserveTimestamps: false,
    recursive: false,
    verbatimSymlinks: false,
  }
  const options = { ...flags, mode: 0, ...given } as Options
  for (const name of Object.keys(flags) as (keyof typeof flags)[]) if (typeof options[name] !== 'boolean') return undefined
  if (options.dereference && options.verbatimSymlinks) return undefined
  if (!Number.isInteger(options.mode) || options.mode < 0 || options.mode > 7) return undefined
  if (options.filter !== undefined && typeof options.filter !== 'function') return undefined
  return options
}

/** The paths as text, if at least one of them lies in a mount. */
function ends(src: unknown, dest: unknown): [string, string] | undefined {
  if (place(src) === undefined && place(dest) === undefined) return undefined
  const text = (path: unknown): string | undefined => {
    const inside = place(path)?.shown
    if (inside !== undefined) return String(inside)
    if (path instanceof URL) return path.protocol === 'file:' ? decodeURIComponent(path.pathname) : undefined
    if (typeof path === 'string') return path.includes('\0') ? undefined : path
    return path instanceof Uint8Array && !path.includes(0) ? Buffer.from(path).toString() : undefined
  }
  const [a, b] = [text(src), text(dest)]
  return a === undefined || b === undefined ? undefined : [a, b]
}

function job(src: unknown, dest: unknown, given: unknown, sync: boolean): Steps<void> | undefined {
  const options = checked(given)
  const both = options === undefined ? undefined : ends(src, dest)
  return both === undefined || options === undefined ? undefined : new Copy(options, sync).run(...both)
}

export const cpSync: Wrap = (real) =>
  function (this: unknown, src: unknown, dest: unknown, options?: unknown) {
    const steps = job(src, dest, options, true)
    return steps === undefined ? real.apply(this, arguments as never) : takeNow(steps)
  }

export const cpPromise: Wrap = (real) =>
  function (this: unknown, src: unknown, dest: unknown, options?: unknown) {
    const steps = job(src, dest, options, false)
    return steps === undefined ? real.apply(this, arguments as never) : take(steps)
  }

export const cp: Wrap = (real) =>
  function (this: unknown, src: unknown, dest: unknown, given: unknown, cb?: unknown) {
    const callback = (typeof given === 'function' ? given : cb) as Fn
    const steps = typeof callback === 'function' ? job(src, dest, typeof given === 'function' ? undefined : given, false) : undefined
    if (steps === undefined) return real.apply(this, arguments as never)
    take(steps).then(
      () => setImmediate(callback, null),
      (error: unknown) => setImmediate(callback, error),
    )
    return undefined
  }
