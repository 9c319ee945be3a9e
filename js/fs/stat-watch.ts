/** `fs.watchFile`: looks at a path again and again. */
import { EventEmitter } from 'node:events'
import fs, { type BigIntStats, type Stats } from 'node:fs'
import { resolve } from 'node:path'

import { place } from './arguments.js'
import type { Fn, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

/** How often Node looks where nobody says, milliseconds. */
const INTERVAL = 5007

type AnyStats = Stats | BigIntStats

/** The stat of nothing: all zeros. */
function nothing(bigint: boolean): AnyStats {
  const stats = fs.statSync('/', { bigint }) as unknown as Record<string, unknown>
  for (const key of Object.keys(stats)) {
    const value = stats[key]
    if (typeof value === 'number') stats[key] = 0
    else if (typeof value === 'bigint') stats[key] = 0n
    else if (value instanceof Date) stats[key] = new Date(0)
  }
  return stats as unknown as AnyStats
}

const LOOKED_AT = ['ctimeMs', 'mtimeMs', 'birthtimeMs', 'size', 'mode', 'uid', 'gid', 'ino', 'dev', 'ctimeNs', 'mtimeNs'] as const

function differs(a: AnyStats, b: AnyStats): boolean {
  return LOOKED_AT.some((key) => (a as unknown as Record<string, unknown>)[key] !== (b as unknown as Record<string, unknown>)[key])
}

/** What `fs.watchFile` answers. */
class MountStatWatcher extends EventEmitter {
  readonly #path: string
  readonly #bigint: boolean
  readonly #timer: NodeJS.Timeout
  #last: AnyStats
  #missing = false

  constructor(path: string, bigint: boolean, interval: number, persistent: boolean) {
    super()
    this.#path = path
    this.#bigint = bigint
    const first = this.#look()
    this.#last = first ?? nothing(bigint)
    if (first === undefined) {
      this.#missing = true
      // Node tells once that nothing is there.
      setImmediate(() => this.emit('change', this.#last, this.#last))
    }
    this.#timer = setInterval(() => this.#poll(), Math.max(interval, 1))
    if (!persistent) this.#timer.unref()
  }

  ref(): this {
    this.#timer.ref()
    return this
  }

  unref(): this {
    this.#timer.unref()
    return this
  }

  /** Kept by Node for old programs. */
  start(): void {}

  stop(): void {
    clearInterval(this.#timer)
    process.nextTick(() => this.emit('stop'))
  }

  #look(): AnyStats | undefined {
    try {
      return fs.statSync(this.#path, { bigint: this.#bigint, throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }

  #poll(): void {
    const now = this.#look()
    const before = this.#last
    if (now === undefined) {
      if (this.#missing) return
      this.#missing = true
      this.#last = nothing(this.#bigint)
    } else {
      if (!this.#missing && !differs(now, before)) return
      this.#missing = false
      this.#last = now
    }
    this.emit('change', this.#last, before)
  }
}

const watchers = new Map<string, MountStatWatcher>()

export const watchFile: Wrap = (real) =>
  function (this: unknown, path: unknown, given: unknown, third?: unknown) {
    const found = place(path)
    const hasOptions = given !== null && typeof given === 'object'
    const listener = hasOptions ? third : given
    const {
      bigint,
      interval = INTERVAL,
      persistent = true,
    } = (hasOptions ? given : {}) as { bigint?: boolean; interval?: number; persistent?: boolean }
    if (found === undefined || typeof listener !== 'function' || typeof interval !== 'number' || interval < 0) {
      return real.apply(this, arguments as never)
    }
    const key = resolve(String(found.shown))
    let watcher = watchers.get(key)
    if (watcher === undefined) {
      watcher = new MountStatWatcher(key, bigint === true, interval, persistent)
      watchers.set(key, watcher)
    }
    watcher.on('change', listener as Fn)
    return watcher
  }

export const unwatchFile: Wrap = (real) =>
  function (this: unknown, path: unknown, listener?: unknown) {
    const found = place(path)
    const key = found === undefined ? '' : resolve(String(found.shown))
    const watcher = watchers.get(key)
    if (watcher === undefined) return real.apply(this, arguments as never)
    if (typeof listener === 'function') watcher.removeListener('change', listener as Fn)
    else watcher.removeAllListeners('change')
    if (watcher.listenerCount('change') === 0) {
      watcher.stop()
      watchers.delete(key)
    }
    return undefined
  }
