/**
 * `fs.readFile` with a callback: Node's own takes hold of `read` and `close` of the binding before anybody can replace them,
 * so that descriptors of mounts need another way.
 */
import fs from 'node:fs'

import { abortError, asObject, flagsOf, place, sound } from './arguments.js'
import { errno } from './errors.js'
import { isOurs } from './fds.js'
import { notDir } from './on-path.js'
import { settle } from './settle.js'
import type { Fn, Wrap } from './types.js'
import { readRefused } from './whole.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

interface Options {
  encoding?: BufferEncoding | 'buffer' | null
  flag?: string | number
  signal?: AbortSignal
  buffer?: unknown
}

const CHUNK = 512 * 1024

/** Reads all that is left of a descriptor. */
class Reading {
  readonly #fd: number
  readonly #own: boolean
  readonly #signal: AbortSignal | undefined
  readonly #callback: Fn
  #parts: Buffer[] = []
  #left = 0

  /** @param own whether the descriptor is the caller's, who closes it */
  constructor(fd: number, own: boolean, signal: AbortSignal | undefined, callback: Fn) {
    this.#fd = fd
    this.#own = own
    this.#signal = signal
    this.#callback = callback
  }

  start(): void {
    fs.fstat(this.#fd, (error, stat) => {
      if (error !== null) return this.#end(error)
      this.#left = stat.isFile() ? stat.size : 0
      return this.#next()
    })
  }

  #next(): void {
    if (this.#signal?.aborted === true) return this.#end(abortError(this.#signal))
    const known = this.#left > 0
    const chunk = Buffer.allocUnsafeSlow(known ? Math.min(this.#left, CHUNK) : 64 * 1024)
    fs.read(this.#fd, chunk, 0, chunk.length, null, (error, n) => {
      if (error !== null) return this.#end(error)
      if (n > 0) this.#parts.push(n === chunk.length ? chunk : chunk.subarray(0, n))
      this.#left -= n
      if (n === 0 || (known && this.#left === 0)) return this.#end(null)
      return this.#next()
    })
    return undefined
  }

  #end(error: unknown): void {
    const all = (): Buffer => (this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts))
    const done = (problem: unknown): void => {
      if (problem === null) this.#callback(null, all())
      else this.#callback(problem)
    }
    // For a descriptor of the caller, Node forgets what went wrong and hands over what there is.
    if (this.#own) done(null)
    else fs.close(this.#fd, (closing) => done(error ?? closing ?? null))
  }
}

/** Puts what was read where the caller wants it (Node 26), in the form that the caller wants. */
function shaped(bytes: Buffer, { encoding, buffer }: Options): unknown {
  let out = bytes
  if (buffer !== undefined) {
    const given = (typeof buffer === 'function' ? (buffer as Fn)(bytes.length) : buffer) as ArrayBufferView
    const target = Buffer.from(given.buffer as ArrayBuffer, given.byteOffset, given.byteLength)
    if (target.length < bytes.length) {
      const range = `It must be >= ${bytes.length}. Received ${target.length}`
      throw Object.assign(new RangeError(`The value of "options.buffer.byteLength" is out of range. ${range}`), {
        code: 'ERR_OUT_OF_RANGE',
      })
    }
    bytes.copy(target)
    out = target.subarray(0, bytes.length)
  }
  return encoding === undefined || encoding === null || encoding === 'buffer' ? out : out.toString(encoding)
}

export const readFile: Wrap = (real) =>
  function (this: unknown, path: unknown, given: unknown, cb?: unknown) {
    const callback = (cb || given) as Fn
    const options = asObject<Options>(typeof given === 'function' ? undefined : given)
    const takes =
      typeof callback === 'function' && sound(typeof given === 'function' ? undefined : given) && flagsOf(options.flag ?? 'r') !== undefined
    const found = takes && !isOurs(path) ? place(path) : undefined
    if (!takes || (found === undefined && !isOurs(path))) return real.apply(this, arguments as never)
    const { signal, flag } = options
    const oncomplete = (error: unknown, bytes?: unknown): void => {
      if (error !== null) return void callback(error)
      let data: unknown
      try {
        data = shaped((bytes as Buffer | undefined) ?? Buffer.alloc(0), options)
      } catch (problem) {
        return void callback(problem)
      }
      return void callback(null, data)
    }
    if (found === undefined) {
      process.nextTick(() => new Reading(path as number, true, signal, oncomplete).start())
      return undefined
    }
    if (signal?.aborted === true) {
      process.nextTick(callback, abortError(signal))
      return undefined
    }
    if (flag === undefined || flag === null || flag === 'r') {
      const whole = (error: unknown, bytes?: unknown): void => {
        const failed = error as NodeJS.ErrnoException | null
        // Opening a directory works; reading it does not.
        if (failed?.errno === errno('EISDIR')) oncomplete(readRefused(failed.errno, found.shown, false))
        else if (failed === null && signal?.aborted === true) oncomplete(abortError(signal))
        else oncomplete(error, bytes)
      }
      const start = (id: number): unknown =>
        notDir(found.door, found.path) ? errno('ENOTDIR') : found.door.readFile(id, found.path, false)
      settle({ oncomplete: whole }, start, 'open', found.shown)
      return undefined
    }
    fs.open(path as fs.PathLike, flag, 0o666, (error, fd) => {
      const failed = (problem: unknown, bytes?: unknown): void => {
        const e = problem as NodeJS.ErrnoException | null
        oncomplete(e?.syscall === 'read' && e.errno !== undefined ? readRefused(e.errno, found.shown, false) : problem, bytes)
      }
      if (error === null) new Reading(fd, false, signal, failed).start()
      else callback(error)
    })
    return undefined
  }
