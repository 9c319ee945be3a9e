/** `opendir`: Node's own `Dir`, over a listing of a mount. */
import fs, { type Dirent } from 'node:fs'
import { posix } from 'node:path'

import { freshId } from '../native.js'
import { asObject, place, type Place, sound } from './arguments.js'
import { refused } from './errors.js'
import { asBytes, unpack } from './names.js'
import { type Convert, PENDING, pending, type Req, settle } from './settle.js'
import type { Fn, Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

interface DirOptions {
  encoding?: BufferEncoding | 'buffer'
  bufferSize?: number
  recursive?: boolean
}

/** What Node's `Dir` reads from, in place of a native handle. */
class DirHandle {
  #left: unknown[]

  /** @param entries names and kinds in turn */
  constructor(entries: unknown[]) {
    this.#left = entries
  }

  read(_encoding: unknown, count: number, req?: Req): unknown {
    const next = this.#left.splice(0, count * 2)
    return settle(
      req,
      () => 0,
      'scandir',
      undefined,
      undefined,
      () => (next.length === 0 ? null : next),
    )
  }

  close(req?: Req): unknown {
    this.#left = []
    return settle(req, () => 0, 'closedir')
  }
}

type NativeDir = new (handle: DirHandle, path: string | Buffer, options: DirOptions) => fs.Dir

/** A `Dir` that goes on into the directories it finds. */
class DeepDir extends (fs.Dir as unknown as NativeDir) {
  readonly #options: DirOptions
  readonly #queue: Dirent[] = []

  constructor(handle: DirHandle, path: string | Buffer, options: DirOptions) {
    super(handle, path, { ...options, recursive: false })
    this.#options = options
  }

  override readSync(): Dirent | null {
    return this.#step(super.readSync())
  }

  override read(callback?: unknown): Promise<Dirent | null> & void {
    if (callback !== undefined) {
      return super.read(((error: NodeJS.ErrnoException | null, entry: Dirent | null) => {
        let next = entry
        try {
          if (error === null || error === undefined) next = this.#step(entry)
        } catch (problem) {
          ;(callback as Fn)(problem)
          return
        }
        ;(callback as Fn)(error, next)
      }) as never) as never
    }
    return super.read().then((entry) => this.#step(entry)) as never
  }

  override async *[Symbol.asyncIterator](): NodeJS.AsyncIterator<Dirent> {
    try {
      const next = (): Promise<Dirent | null> => this.read() as Promise<Dirent | null>
      for (let entry = await next(); entry !== null; entry = await next()) yield entry
    } finally {
      await this.close()
    }
  }

  entries(): NodeJS.AsyncIterator<Dirent> {
    return this[Symbol.asyncIterator]()
  }

  #step(entry: Dirent | null): Dirent | null {
    const next = entry ?? this.#queue.shift() ?? null
    if (next === null || !next.isDirectory()) return next
    const below = posix.join(next.parentPath ?? this.path, next.name)
    const encoding = this.#options.encoding as 'utf8' | undefined
    try {
      this.#queue.push(...fs.readdirSync(below, { withFileTypes: true, ...(encoding === undefined ? {} : { encoding }) }))
    } catch (error) {
      const { errno: code, syscall } = error as NodeJS.ErrnoException
      throw syscall === 'scandir' && code !== undefined ? refused(code, 'opendir', below) : error
    }
    return next
  }
}

const entriesOf =
  (encoding: unknown): Convert =>
  (answer) => {
    const [names, kinds] = unpack(answer as string | Buffer, encoding)
    return names.flatMap((name, i) => [name, kinds[i]])
  }

function make(found: Place, options: DirOptions, entries: unknown): fs.Dir {
  const Made = options.recursive === true ? DeepDir : (fs.Dir as unknown as NativeDir)
  return new Made(new DirHandle(entries as unknown[]), found.shown, options)
}

const start =
  (found: Place, encoding: unknown) =>
  (id: number): unknown =>
    found.door.readdir(id, found.path, asBytes(encoding))

export const opendirSync: Wrap = (real) =>
  function (this: unknown, path: unknown, given?: unknown) {
    const found = place(path)
    if (found === undefined || !sound(given)) return real.apply(this, arguments as never)
    const options = asObject<DirOptions>(given)
    const read = start(found, options.encoding)
    // Node's own names no path here.
    return make(found, options, settle(undefined, read, 'opendir', undefined, undefined, entriesOf(options.encoding)))
  }

async function opened(found: Place, options: DirOptions): Promise<fs.Dir> {
  const id = freshId()
  const answer = start(found, options.encoding)(id)
  if (typeof answer === 'number' && answer < 0 && answer !== PENDING) throw refused(answer, 'opendir', found.shown)
  const packed = answer === PENDING ? await pending(id, 'opendir', found.shown) : answer
  return make(found, options, entriesOf(options.encoding)(packed))
}

export const opendir: Wrap = (real) =>
  function (this: unknown, path: unknown, given: unknown, cb?: unknown) {
    const callback = typeof given === 'function' ? given : cb
    const options = typeof given === 'function' ? undefined : given
    const found = place(path)
    if (found === undefined || typeof callback !== 'function' || !sound(options)) return real.apply(this, arguments as never)
    opened(found, asObject(options)).then(
      (dir) => setImmediate(callback as Fn, null, dir),
      (error: unknown) => setImmediate(callback as Fn, error),
    )
    return undefined
  }

export const opendirPromise: Wrap = (real) =>
  function (this: unknown, path: unknown, given?: unknown) {
    const found = place(path)
    if (found === undefined || !sound(given)) return real.apply(this, arguments as never)
    return opened(found, asObject(given))
  }
