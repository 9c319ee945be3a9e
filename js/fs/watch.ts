/** `fs.watch` and `fs.promises.watch`, from what the workspace says of its changes. */
import { EventEmitter } from 'node:events'
import fs from 'node:fs'
import { posix } from 'node:path'

import { abortError, asObject, place, type Place, sound } from './arguments.js'
import { onChange } from './changes.js'
import { errno, nodeError, refused } from './errors.js'
import type { Fn, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

type Ignore = string | RegExp | ((name: string) => boolean)

interface WatchOptions {
  persistent?: boolean
  recursive?: boolean
  encoding?: BufferEncoding | 'buffer'
  signal?: AbortSignal
  maxQueue?: number
  overflow?: 'ignore' | 'error'
  ignore?: Ignore | Ignore[]
  throwIfNoEntry?: boolean
}

type EventType = 'rename' | 'change'

/** Whether names are to be left out; `undefined` when Node should complain about the option. */
function ignoring({ ignore }: WatchOptions): ((name: string) => boolean) | undefined {
  if (ignore === undefined || ignore === null) return () => false
  const rules: ((name: string) => boolean)[] = []
  for (const rule of [ignore].flat()) {
    if (typeof rule === 'function') rules.push(rule)
    else if (rule instanceof RegExp) rules.push((name) => rule.test(name))
    else if (typeof rule === 'string' && rule !== '') {
      const glob = (posix as unknown as { matchesGlob?: (path: string, pattern: string) => boolean }).matchesGlob
      if (glob === undefined) return undefined
      // A pattern without a slash is about the last name.
      rules.push((name) => glob(rule.includes('/') ? name : posix.basename(name), rule))
    } else return undefined
  }
  return (name) => rules.some((rule) => rule(name))
}

/** Turns changes of the tree into events of one watched path. */
class Events {
  readonly #root: string
  readonly #isDir: boolean
  readonly #recursive: boolean
  readonly #known = new Set<string>()
  readonly #emit: (type: EventType, name: string) => void
  readonly #stop: () => void

  constructor(found: Place, recursive: boolean, emit: (type: EventType, name: string) => void) {
    const shown = found.shown as string
    let root: string
    try {
      root = fs.realpathSync.native(shown)
    } catch (error) {
      const e = refused((error as NodeJS.ErrnoException).errno ?? errno('ENOENT'), 'watch', found.shown)
      throw Object.assign(e, { filename: found.shown })
    }
    this.#root = root
    this.#recursive = recursive
    this.#emit = emit
    this.#isDir = fs.statSync(root).isDirectory()
    if (this.#isDir) for (const name of this.#list()) this.#known.add(name)
    this.#stop = onChange(found.door, (path, tree) => this.#changed(path, tree))
  }

  stop(): void {
    this.#stop()
  }

  #list(): string[] {
    try {
      return fs.readdirSync(this.#root, { recursive: this.#recursive }) as string[]
    } catch {
      return []
    }
  }

  #exists(name: string): boolean {
    return fs.lstatSync(posix.join(this.#root, name), { throwIfNoEntry: false }) !== undefined
  }

  #changed(path: string, tree: boolean): void {
    const root = this.#root
    if (path === root) {
      if (this.#isDir && tree) this.#compare()
      else if (fs.existsSync(root)) {
        if (!this.#isDir) this.#emit('change', posix.basename(root))
      } else this.#emit('rename', posix.basename(root))
      return
    }
    if (root.startsWith(path === '/' ? path : `${path}/`)) {
      if (!tree) return
      if (this.#isDir) this.#compare()
      else if (!fs.existsSync(root)) this.#emit('rename', posix.basename(root))
      return
    }
    if (!this.#isDir || !path.startsWith(root === '/' ? root : `${root}/`)) return
    const name = path.slice(root === '/' ? 1 : root.length + 1)
    if (this.#recursive || !name.includes('/')) this.#one(name, tree)
  }

  #one(name: string, tree: boolean): void {
    const [was, is] = [this.#known.has(name), this.#exists(name)]
    if (is) this.#known.add(name)
    else this.#known.delete(name)
    // What concerns a whole tree is a new name for it, even where there was one.
    this.#emit(was && is && !tree ? 'change' : 'rename', name)
    if (tree && this.#recursive) this.#compare()
  }

  /** Many things may have changed: what came and what went. */
  #compare(): void {
    const names = new Set(this.#list())
    for (const name of Array.from(this.#known)) {
      if (names.has(name)) continue
      this.#known.delete(name)
      this.#emit('rename', name)
    }
    for (const name of names) {
      if (this.#known.has(name)) continue
      this.#known.add(name)
      this.#emit('rename', name)
    }
  }
}

const LONG = 0x7fff_ffff

/** What `fs.watch` answers. */
class MountWatcher extends EventEmitter {
  #events: Events | undefined
  readonly #alive: NodeJS.Timeout

  constructor(found: Place, options: WatchOptions, ignored: (name: string) => boolean) {
    super()
    const encoding = options.encoding ?? 'utf8'
    this.#events = new Events(found, options.recursive === true, (type, name) => {
      if (!ignored(name) && this.#events !== undefined) this.emit('change', type, shaped(name, encoding))
    })
    this.#alive = setInterval(() => {}, LONG)
    if (options.persistent === false) this.#alive.unref()
    const { signal } = options
    if (signal?.aborted === true) process.nextTick(() => this.close())
    else if (signal !== undefined && signal !== null) {
      const abort = (): void => this.close()
      signal.addEventListener('abort', abort, { once: true })
      this.once('close', () => signal.removeEventListener('abort', abort))
    }
  }

  close(): void {
    if (this.#events === undefined) return
    this.#events.stop()
    this.#events = undefined
    clearInterval(this.#alive)
    process.nextTick(() => this.emit('close'))
  }

  ref(): this {
    if (this.#events !== undefined) this.#alive.ref()
    return this
  }

  unref(): this {
    this.#alive.unref()
    return this
  }

  /** Kept by Node for old programs. */
  start(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

function shaped(name: string, encoding: string): string | Buffer {
  if (encoding === 'utf8' || encoding === 'utf-8') return name
  const bytes = Buffer.from(name)
  return encoding === 'buffer' ? bytes : bytes.toString(encoding as BufferEncoding)
}

const flag = (value: unknown): boolean => value === undefined || value === null || typeof value === 'boolean'

export const watch: Wrap = (real) =>
  function (this: unknown, path: unknown, given?: unknown, third?: unknown) {
    const listener = typeof given === 'function' ? given : third
    const options = typeof given === 'function' ? {} : asObject<WatchOptions>(given)
    const found = sound(typeof given === 'function' ? undefined : given) ? place(path) : undefined
    const ignored = ignoring(options)
    if (found === undefined || ignored === undefined || !flag(options.persistent) || !flag(options.recursive)) {
      return real.apply(this, arguments as never)
    }
    if (options.throwIfNoEntry === false && !fs.existsSync(found.shown)) return new EmptyWatcher()
    const watcher = new MountWatcher(found, options, ignored)
    if (typeof listener === 'function') watcher.on('change', listener as Fn)
    return watcher
  }

/** Watches what is not there, where that was asked for. */
class EmptyWatcher extends EventEmitter {
  close(): void {
    process.nextTick(() => this.emit('close'))
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

async function* iterate(found: Place, options: WatchOptions, ignored: (name: string) => boolean): AsyncGenerator<object, void> {
  const { signal, maxQueue = 2048, overflow = 'ignore', encoding = 'utf8' } = options
  if (signal?.aborted === true) throw abortError(signal)
  const queue: object[] = []
  let failure: Error | undefined
  let wake = (): void => {}
  const events = new Events(found, options.recursive === true, (eventType, name) => {
    if (ignored(name)) return
    if (queue.length < maxQueue) queue.push({ eventType, filename: shaped(name, encoding) })
    else if (overflow === 'error') {
      failure = nodeError(Error, 'ERR_FS_WATCH_QUEUE_OVERFLOW', `fs.watch() queued more than ${maxQueue} events`)
    } else process.emitWarning('fs.watch maxQueue exceeded')
    wake()
  })
  const alive = setInterval(() => {}, LONG)
  if (options.persistent === false) alive.unref()
  const abort = (): void => wake()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      while (queue.length > 0 && failure === undefined) yield queue.shift() as object
      if (failure !== undefined) throw failure
      if (options.signal?.aborted) throw abortError(signal)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    clearInterval(alive)
    events.stop()
    signal?.removeEventListener('abort', abort)
  }
}

export const watchPromise: Wrap = (real) =>
  function (this: unknown, path: unknown, given?: unknown) {
    const options = (given ?? {}) as WatchOptions
    const usable =
      (given === undefined || (typeof given === 'object' && given !== null)) &&
      sound(given as unknown) &&
      (options.encoding as unknown) !== 'buffer' &&
      flag(options.persistent) &&
      flag(options.recursive) &&
      (options.maxQueue === undefined || Number.isInteger(options.maxQueue)) &&
      (options.overflow === undefined || options.overflow === 'ignore' || options.overflow === 'error')
    const ignored = usable ? ignoring(options) : undefined
    const found = usable ? place(path) : undefined
    if (found === undefined || ignored === undefined) return real.apply(this, arguments as never)
    return iterate(found, options, ignored)
  }
