/**
 * `fs.readFile` with a callback: Node's own takes hold of `read` and `close` of the binding before anybody can replace them,
 * so that descriptors of mounts need another way.
 */
import fs from 'node:fs'

import { isOurs } from './fds.js'
import { ELSEWHERE, owner } from './places.js'
import type { Fn, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

interface Options {
  encoding?: BufferEncoding | 'buffer' | null
  flag?: string | number
  signal?: AbortSignal
  buffer?: unknown
}

const CHUNK = 512 * 1024

/** Whether the options are such that Node's own function would take them; if not, it is asked so that it complains. */
function sound(options: unknown): options is Options | string | null | undefined {
  if (options === null || options === undefined) return true
  if (typeof options === 'string') return options === 'buffer' || Buffer.isEncoding(options)
  if (typeof options !== 'object') return false
  const { encoding, signal, flag } = options as Options
  if (encoding !== undefined && encoding !== null && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) return false
  if (signal !== undefined && signal !== null && !('aborted' in (signal as object))) return false
  return flag === undefined || flag === null || typeof flag === 'string' || typeof flag === 'number'
}

/** What is thrown for an abort, as Node makes it. */
function aborted(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason }) as NodeJS.ErrnoException
  error.name = 'AbortError'
  error.code = 'ABORT_ERR'
  return error
}

/** Reads all that is left of a descriptor. */
class Reading {
  readonly #fd: number
  readonly #own: boolean
  readonly #options: Options
  readonly #callback: Fn
  #parts: Buffer[] = []
  #left = 0

  constructor(fd: number, own: boolean, options: Options, callback: Fn) {
    this.#fd = fd
    this.#own = own
    this.#options = options
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
    const { signal } = this.#options
    if (signal?.aborted === true) return this.#end(aborted(signal))
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
    if (this.#own) this.#done(error)
    else fs.close(this.#fd, (closing) => this.#done(error ?? closing ?? null))
  }

  #done(error: unknown): void {
    if (error !== null && error !== undefined) {
      this.#callback(error)
      return
    }
    let data: unknown
    try {
      data = shaped(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts), this.#options)
    } catch (problem) {
      this.#callback(problem)
      return
    }
    this.#callback(null, data)
  }
}

function shaped(bytes: Buffer, { encoding, buffer }: Options): unknown {
  let out: Buffer = bytes
  if (buffer !== undefined) {
    const given = typeof buffer === 'function' ? ((buffer as Fn)(bytes.length) as ArrayBufferView) : (buffer as ArrayBufferView)
    const target = Buffer.from(given.buffer as ArrayBuffer, given.byteOffset, given.byteLength)
    if (target.length < bytes.length) {
      const error = new RangeError(
        `The value of "options.buffer.byteLength" is out of range. It must be >= ${bytes.length}. Received ${target.length}`,
      )
      throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' })
    }
    bytes.copy(target)
    out = target.subarray(0, bytes.length)
  }
  return encoding === undefined || encoding === null || encoding === 'buffer' ? out : out.toString(encoding)
}

export const readFile: Wrap = (real) =>
  function (this: unknown, path: unknown, given: unknown, cb?: unknown) {
    const callback = (cb || given) as Fn
    const options = typeof given === 'function' ? undefined : given
    const target = path instanceof URL && path.protocol === 'file:' ? decodeURIComponent(path.pathname) : path
    const found = isOurs(path) ? path : owner(target)
    if (found === undefined || found === ELSEWHERE || typeof callback !== 'function' || !sound(options)) {
      return real.apply(this, arguments as never)
    }
    const all: Options = typeof options === 'string' ? { encoding: options as BufferEncoding } : (options ?? {})
    const { signal } = all
    if (signal?.aborted === true) {
      process.nextTick(callback, aborted(signal))
      return undefined
    }
    if (isOurs(path)) {
      process.nextTick(() => new Reading(path, true, all, callback).start())
      return undefined
    }
    fs.open(path as fs.PathLike, all.flag ?? 'r', 0o666, (error, fd) => {
      if (error === null) new Reading(fd, false, all, callback).start()
      else callback(error)
    })
    return undefined
  }
