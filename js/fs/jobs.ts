/** Node 26's one-trip jobs: reading or writing a whole file in one go. */
import { freshId, native } from '../native.js'
import { errno, refused } from './errors.js'
import { isOurs } from './fds.js'
import { MountHandle } from './mount-handle.js'
import { notDir } from './on-path.js'
import { at, ELSEWHERE, type NativeDoor, owner } from './places.js'
import { openFd } from './paths.js'
import { deliver, forward, PENDING, pending, type Request } from './settle.js'
import type { Fn, RawPath } from './types.js'
import { readRefused, writeRefused, writeWhole } from './whole.js'

const O_ACCMODE = 3
const O_WRONLY = 1

/** Makes a constructor that makes ours for paths of mounts and the real thing for all others. */
function choosing(real: Fn, make: (args: unknown[]) => object | undefined): Fn {
  const chosen = function (this: unknown, ...args: unknown[]) {
    const ours = make(args)
    if (ours !== undefined) return ours
    return Reflect.construct(real, args, new.target === (chosen as unknown) || new.target === undefined ? real : new.target)
  } as Fn
  chosen.prototype = real.prototype
  return Object.setPrototypeOf(chosen, real) as Fn
}

/** A job that Node sets `ondone` of and then runs. */
abstract class Job implements Request {
  ondone: (...args: unknown[]) => void = () => {}
  context: unknown
  protected readonly door: NativeDoor
  protected readonly path: RawPath
  protected readonly shown: unknown

  constructor(door: NativeDoor, path: RawPath, shown: unknown) {
    this.door = door
    this.path = path
    this.shown = shown
  }

  abstract oncomplete(error: unknown, value?: unknown): void
  protected abstract start(id: number): unknown
  protected abstract refusal(code: number): Error

  run(): undefined {
    const id = freshId()
    const answer = this.start(id)
    if (answer === PENDING) forward(this, this.#later(id))
    else if (typeof answer === 'number' && answer < 0) deliver(this, this.refusal(answer))
    else deliver(this, null, answer)
    return undefined
  }

  async #later(id: number): Promise<unknown> {
    try {
      return await pending(id, 'open', this.shown)
    } catch (error) {
      const number = (error as NodeJS.ErrnoException).errno
      throw number === errno('EISDIR') ? this.refusal(number) : error
    }
  }
}

class ReadJob extends Job {
  protected start(id: number): unknown {
    return notDir(this.door, this.path) ? errno('ENOTDIR') : this.door.readFile(id, this.path, false)
  }

  protected refusal(code: number): Error {
    return readRefused(code, this.shown, false)
  }

  oncomplete(error: unknown, value?: unknown): void {
    if (error !== null) this.ondone(error)
    else this.ondone(null, value, -1, (value as Buffer).length)
  }
}

/** Reads with flags of its own: hands over a descriptor, as the real job does for what is large. */
class OpenJob extends Job {
  readonly #flags: number

  constructor(door: NativeDoor, path: RawPath, shown: unknown, flags: number) {
    super(door, path, shown)
    this.#flags = flags
  }

  protected start(id: number): unknown {
    const fd = openFd(this.door, id, this.path, this.#flags, 0o666)
    if (typeof fd !== 'number' || fd < 0 || (this.#flags & O_ACCMODE) !== O_WRONLY) return fd
    native.fdClose(0, fd)
    return errno('EBADF')
  }

  protected refusal(code: number): Error {
    return code === errno('EBADF') ? readRefused(code, this.shown, false) : refused(code, 'open', this.shown)
  }

  oncomplete(error: unknown, value?: unknown): void {
    if (error !== null) this.ondone(error)
    else this.ondone(null, undefined, value, 0)
  }
}

class WriteJob extends Job {
  readonly #data: Uint8Array
  readonly #flags: number
  readonly #mode: number

  constructor(door: NativeDoor, path: RawPath, shown: unknown, flags: number, mode: number, data: Uint8Array) {
    super(door, path, shown)
    this.#flags = flags
    this.#mode = mode
    this.#data = data
  }

  protected start(id: number): unknown {
    return writeWhole(this.door, id, this.path, this.#data, this.#flags, this.#mode & ~process.umask())
  }

  protected refusal(code: number): Error {
    return writeRefused(code, this.shown)
  }

  oncomplete(error: unknown): void {
    this.ondone(error)
  }
}

/** Whose a job is. */
function place(path: unknown): { door: NativeDoor; path: RawPath } | undefined {
  const door = owner(path)
  return door === undefined || door === ELSEWHERE ? undefined : { door, path: at }
}

const bytes = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

/** Replacements for the constructors of Node's binding. */
export const JOB_TABLE: Record<string, (real: Fn) => Fn> = {
  ReadFileJob: (real) =>
    choosing(real, ([path, flags]) => {
      const found = place(path)
      if (found === undefined) return undefined
      if (flags !== 0) return new OpenJob(found.door, found.path, path, flags as number)
      return new ReadJob(found.door, found.path, path)
    }),
  WriteFileJob: (real) =>
    choosing(real, ([path, flags, mode, data]) => {
      const found = place(path)
      if (found === undefined) return undefined
      return new WriteJob(found.door, found.path, path, flags as number, mode as number, bytes(data as ArrayBufferView))
    }),
  FileHandle: (real) => choosing(real, ([fd]) => (isOurs(fd) ? new MountHandle(fd) : undefined)),
}
