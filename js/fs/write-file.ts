/** `fs.writeFile` with a callback, in one step: on Node 26 its own takes hold of a constructor that nobody can replace. */
import { abortError, asObject, flagsOf, place, sound } from './arguments.js'
import { errno } from './errors.js'
import { settle } from './settle.js'
import type { Fn, Wrap } from './types.js'
import { writeRefused, writeWhole } from './whole.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

interface Options {
  encoding?: BufferEncoding | null
  mode?: number | string
  flag?: string | number
  flush?: boolean
  signal?: AbortSignal
}

const EBADF = errno('EBADF')

function modeOf(mode: unknown): number | undefined {
  if (mode === undefined || mode === null) return 0o666
  if (typeof mode === 'string') return /^[0-7]+$/.test(mode) ? Number.parseInt(mode, 8) : undefined
  return typeof mode === 'number' && Number.isInteger(mode) && mode >= 0 && mode <= 0xffff_ffff ? mode : undefined
}

function bytesOf(data: unknown, encoding: BufferEncoding): Uint8Array | undefined {
  if (typeof data === 'string') return Buffer.from(data, encoding)
  if (!ArrayBuffer.isView(data)) return undefined
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

export const writeFile: Wrap = (real) =>
  function (this: unknown, path: unknown, data: unknown, given: unknown, cb?: unknown) {
    const callback = (cb || given) as Fn
    const options = asObject<Options>(typeof given === 'function' ? undefined : given)
    const found = sound(typeof given === 'function' ? undefined : given) ? place(path) : undefined
    const [flags, mode] = [flagsOf(options.flag), modeOf(options.mode)]
    const bytes = bytesOf(data, options.encoding || 'utf8')
    const plain = options.flush === undefined || options.flush === null || options.flush === false
    if (found === undefined || typeof callback !== 'function' || !plain || bytes === undefined) return real.apply(this, arguments as never)
    if (flags === undefined || mode === undefined) return real.apply(this, arguments as never)
    const { signal } = options
    if (signal?.aborted === true) {
      process.nextTick(callback, abortError(signal))
      return undefined
    }
    const oncomplete = (error: unknown): void => {
      const failed = error as NodeJS.ErrnoException | null
      if (failed?.syscall === 'open' && failed.errno === EBADF) callback(writeRefused(EBADF, found.shown))
      else callback(failed === null && signal?.aborted === true ? abortError(signal) : error)
    }
    const start = (id: number): unknown => writeWhole(found.door, id, found.path, bytes, flags, mode & ~process.umask())
    settle({ oncomplete }, start, 'open', found.shown)
    return undefined
  }
