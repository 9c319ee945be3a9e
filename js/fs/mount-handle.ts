/** What Node's `FileHandle` is made of, for a descriptor of a mount. */
import { native } from '../native.js'
import { settle } from './settle.js'

const PROMISE = Symbol('promise')
const CHUNK = 64 * 1024
/** libuv's end of file. */
const EOF = -4095

const forgotten = new FinalizationRegistry<number>((fd) => {
  native.fdClose(0, fd)
})

/** Where Node's stream code looks for how many bytes arrived. */
interface StreamWrap {
  streamBaseState: Int32Array
  kReadBytesOrError: number
}

/** In place of the native handle that `fs.promises.open` makes its `FileHandle` of. */
export class MountHandle {
  readonly fd: number
  /** Set by Node 20's `readableWebStream`, which reads through the handle itself. */
  onread: ((chunk: ArrayBuffer | undefined) => void) | undefined
  #open = true
  #reading = false
  #flowing = false

  constructor(fd: number) {
    this.fd = fd
    forgotten.register(this, fd, this)
  }

  /** Descriptors of mounts are no asynchronous resources. */
  getAsyncId(): number {
    return 0
  }

  /** Gives the descriptor away: it is the caller's to close. */
  releaseFD(): number {
    this.#open = false
    forgotten.unregister(this)
    return this.fd
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.releaseFD()
    await settle(PROMISE, (id) => native.fdClose(id, this.fd), 'close')
  }

  closeSync(): void {
    if (!this.#open) return
    this.releaseFD()
    settle(undefined, (id) => native.fdClose(id, this.fd), 'close')
  }

  /** Starts to hand chunks to `onread`. */
  readStart(): number {
    this.#flowing = true
    if (!this.#reading) void this.#pump()
    return 0
  }

  /** Stops after the chunk that is on its way. */
  readStop(): number {
    this.#flowing = false
    return 0
  }

  async #pump(): Promise<void> {
    this.#reading = true
    const { streamBaseState, kReadBytesOrError } = (process as unknown as { binding: (name: string) => StreamWrap }).binding('stream_wrap')
    while (this.#flowing && this.#open) {
      const chunk = new Uint8Array(CHUNK)
      let n: number
      try {
        const answer = await settle(
          PROMISE,
          (id) => native.fdRead(id, this.fd, chunk, 0, CHUNK, -1),
          'read',
          undefined,
          undefined,
          (a) => a,
        )
        if (typeof answer !== 'number') chunk.set(answer as Uint8Array)
        n = typeof answer === 'number' ? answer : (answer as Uint8Array).length
      } catch (error) {
        n = (error as NodeJS.ErrnoException).errno ?? EOF
      }
      if (n <= 0) this.#flowing = false
      streamBaseState[kReadBytesOrError] = n === 0 ? EOF : n
      this.onread?.(n > 0 ? chunk.buffer.slice(0, n) : undefined)
    }
    this.#reading = false
  }
}
