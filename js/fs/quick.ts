/**
 * Reading and writing a whole file at once, in one step where Node's own functions take four. Anything out of the ordinary, a
 * refusal included, goes to Node's own, which finds the mount through its binding and says what is wrong.
 */
import { asObject, flagsOf } from './arguments.js'
import { at, ELSEWHERE, owner } from './places.js'
import type { Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

const W = flagsOf('w') as number
/** Small files are read into this first: a `Buffer` of the right size then comes from Node's pool. */
const small = Buffer.allocUnsafeSlow(16 * 1024)

/** The file does not fit in the buffer. */
const TOO_LONG = -1e9

/** Whether options ask for nothing but bytes. */
const plain = (options: unknown): boolean => {
  if (options === undefined || options === null) return true
  if (typeof options !== 'object') return false
  const { encoding, flag, buffer, signal } = asObject<Record<string, unknown>>(options)
  return (
    (encoding === undefined || encoding === null) && (flag === undefined || flag === 'r') && buffer === undefined && signal === undefined
  )
}

export const readFileSync: Wrap = (real) =>
  function (this: unknown, path: unknown, options?: unknown) {
    if (typeof path === 'string' && plain(options) && !path.endsWith('/')) {
      const door = owner(path)
      if (door !== undefined && door !== ELSEWHERE) {
        const n = door.readSmall(at, small)
        if (n >= 0) {
          const out = Buffer.allocUnsafe(n)
          small.copy(out, 0, 0, n)
          return out
        }
        const whole = n === TOO_LONG ? door.readFile(0, at, false) : undefined
        if (Buffer.isBuffer(whole)) return whole
      }
    }
    return real.apply(this, arguments as never)
  }

export const writeFileSync: Wrap = (real) =>
  function (this: unknown, path: unknown, data: unknown, options?: unknown) {
    if (typeof path === 'string' && options === undefined && data instanceof Uint8Array && !path.endsWith('/')) {
      const door = owner(path)
      if (door !== undefined && door !== ELSEWHERE && !path.includes('\0')) {
        const answer = door.writeFile(0, at, data, W, 0o666 & ~process.umask()) as number
        if (answer >= 0) return undefined
      }
    }
    return real.apply(this, arguments as never)
  }
