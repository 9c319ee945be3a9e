/** Looking at arguments of public functions: what is not sound goes to Node's own function, which complains in its own words. */
import { constants } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { at, ELSEWHERE, type NativeDoor, owner } from './places.js'
import type { RawPath } from './types.js'

/** A path of a mount. */
export interface Place {
  door: NativeDoor
  /** As the addon is asked. */
  path: RawPath
  /** As the caller wrote it (a URL as the path it stands for). */
  shown: string | Buffer
}

/** The place that an argument means, if it is one of a mount. */
export function place(argument: unknown): Place | undefined {
  let shown = argument
  if (argument instanceof URL) {
    if (argument.protocol !== 'file:') return undefined
    try {
      shown = fileURLToPath(argument)
    } catch {
      return undefined
    }
  }
  if (typeof shown === 'string' ? shown.includes('\0') : !(shown instanceof Uint8Array) || shown.includes(0)) return undefined
  const door = owner(shown)
  if (door === undefined || door === ELSEWHERE) return undefined
  return { door, path: at, shown: typeof shown === 'string' ? shown : Buffer.from(shown as Uint8Array) }
}

/** Options that say at least an encoding, or the encoding itself. */
export interface EncodingOptions {
  encoding?: BufferEncoding | 'buffer' | null
  signal?: AbortSignal
}

/** Whether options are a known encoding, nothing, or an object whose encoding and signal are sound. */
export function sound(options: unknown): options is EncodingOptions | string | null | undefined {
  if (options === null || options === undefined) return true
  if (typeof options === 'string') return options === 'buffer' || Buffer.isEncoding(options)
  if (typeof options !== 'object') return false
  const { encoding, signal } = options as EncodingOptions
  if (encoding !== undefined && encoding !== null && encoding !== 'buffer' && !Buffer.isEncoding(encoding)) return false
  return signal === undefined || signal === null || (typeof signal === 'object' && 'aborted' in signal)
}

/** Options as an object. */
export function asObject<T extends object>(options: unknown): T {
  if (typeof options === 'string') return { encoding: options } as T
  return typeof options === 'object' && options !== null ? (options as T) : ({} as T)
}

/** What is thrown for an abort, as Node makes it. */
export function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason }) as NodeJS.ErrnoException
  error.name = 'AbortError'
  error.code = 'ABORT_ERR'
  return error
}

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants

const FLAGS: Record<string, number> = {
  r: 0,
  rs: O_SYNC,
  'r+': O_RDWR,
  'rs+': O_RDWR | O_SYNC,
  w: O_TRUNC | O_CREAT | O_WRONLY,
  wx: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY,
  ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR,
  'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
}

/** The number of an open flag; `undefined` when Node should complain about it. */
export function flagsOf(flag: unknown): number | undefined {
  if (flag === undefined || flag === null || flag === '') return FLAGS.w
  if (typeof flag === 'number') return Number.isInteger(flag) ? flag : undefined
  return typeof flag === 'string' ? FLAGS[flag] : undefined
}
