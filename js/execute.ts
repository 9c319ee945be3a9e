/** `execute` and `spawn`: one line into the shell. */
import { EventEmitter } from 'node:events'
import { Readable, Writable } from 'node:stream'

import { type ByteSource, type Data, chunksOf, invalidArgument, isByteSource, isData, toBytes } from './bytes.js'
import { addTarget, freshId, native, promise, removeTarget, type Target } from './native.js'
import { ExecuteResult } from './result.js'

type Native = InstanceType<typeof native.NativeWorkspace>

/** Limits of a call. `Infinity` or `null` switches one off. One that fires ends the call loudly: 124, 126 or 137 and a reason. */
export interface Limits {
  /** Milliseconds for the whole call. */
  timeoutMs?: number | null
  /** Milliseconds for one command (default 600 000). */
  commandTimeoutMs?: number | null
  /**
   * Milliseconds of processor time, all threads of the call together (default 15 000). Waiting costs nothing, so a slow backend
   * does not use it up; a loop that never ends does.
   */
  cpuMs?: number | null
  /** Steps of the interpreter: commands and loop rounds. */
  steps?: number | null
  /** Bytes of standard output, and of standard error. */
  outputBytes?: number | null
  /** Nesting of functions, `source`, `eval`, substitutions (default 1000). */
  depth?: number | null
  /** Open descriptors (default 1024). */
  openFiles?: number | null
  /** Bytes of one variable, expansion or command buffer (default 1 GiB). */
  memoryBytes?: number | null
  /** Words of one expansion (default 10 000 000). */
  words?: number | null
}

/** Options of `execute`. */
export interface ExecuteOptions {
  /** Standard input: bytes, text, or a stream or iterable of them, pulled as it is read. */
  stdin?: Data | ByteSource | null
  /** The session; the default one if left out. */
  sessionId?: string
  /** Recorded in the history. */
  agentId?: string
  /** Ends the call: the promise rejects with an `AbortError`, the session stays usable. */
  signal?: AbortSignal
  /** Working directory; runs in a fork of the session, from which nothing leaks back. */
  cwd?: string
  /** Variables; runs in a fork of the session. `undefined` removes one. */
  env?: Record<string, string | undefined>
  /** `false` keeps the line out of the history. */
  record?: boolean
  /** The same as `record: false`. */
  noHistory?: boolean
  /** Gets output as it comes. A promise that it returns is awaited before more is sent. */
  onStdout?: (chunk: Buffer) => unknown
  /** Gets error output as it comes. */
  onStderr?: (chunk: Buffer) => unknown
  /** `false`: output that a callback gets is not collected as well. */
  buffer?: boolean
  /** Limits of this call over those of the workspace. */
  limits?: Limits
  /** Milliseconds for the whole call; the same as `limits.timeoutMs`. */
  timeoutMs?: number
}

/** Limits as native code takes them. */
export function nativeLimits(limits: Limits | undefined, timeoutMs?: number): object | undefined {
  if (limits === undefined && timeoutMs === undefined) return undefined
  const number = (name: string, value: number | null | undefined): number | undefined => {
    if (value === undefined) return undefined
    if (value === null || value === Infinity) return -1
    if (typeof value !== 'number' || Number.isNaN(value) || value < 0)
      throw invalidArgument(`limits.${name}`, 'a non-negative number', value)
    return value
  }
  return {
    wallMs: number('timeoutMs', timeoutMs ?? limits?.timeoutMs),
    commandWallMs: number('commandTimeoutMs', limits?.commandTimeoutMs),
    cpuMs: number('cpuMs', limits?.cpuMs),
    fuel: number('steps', limits?.steps),
    output: number('outputBytes', limits?.outputBytes),
    depth: number('depth', limits?.depth),
    openFiles: number('openFiles', limits?.openFiles),
    memory: number('memoryBytes', limits?.memoryBytes),
    words: number('words', limits?.words),
  }
}

/** Pulls standard input from an iterator, one chunk for each read. */
class StdinTarget implements Target {
  readonly #iterator: AsyncIterator<Data> | Iterator<Data>
  #done = false

  constructor(source: ByteSource) {
    this.#iterator = chunksOf(source)
  }

  async handle(op: string): Promise<object> {
    if (op === 'cancel') {
      this.#done = true
      await this.#iterator.return?.()
      return {}
    }
    while (!this.#done) {
      const { done, value } = await this.#iterator.next()
      this.#done ||= done === true
      if (done === true) break
      const data = toBytes(value)
      if (data.length > 0) return { data }
    }
    return { data: new Uint8Array(0) }
  }
}

type Sink = (chunk: Buffer) => unknown

class OutputTarget implements Target {
  constructor(readonly sinks: { stdout?: Sink | undefined; stderr?: Sink | undefined }) {}

  async handle(op: string, args: { data: Buffer }): Promise<object> {
    await this.sinks[op as 'stdout' | 'stderr']?.(args.data)
    return {}
  }
}

/** The `AbortError` that an aborted call rejects with; its `cause` is the signal's reason. */
function abortError(signal: AbortSignal | undefined): DOMException {
  const error = new DOMException('execute aborted', 'AbortError')
  if (signal !== undefined) Object.defineProperty(error, 'cause', { value: signal.reason as unknown, configurable: true })
  return error
}

interface Started {
  result: Promise<ExecuteResult>
  abort: () => void
}

/** Starts a line. Throws at once for bad options; everything else arrives through the promise. */
export function start(workspace: Native, command: string, options: ExecuteOptions = {}): Started {
  if (typeof command !== 'string' && !((command as unknown) instanceof Uint8Array))
    throw invalidArgument('command', 'of type string', command)
  const { signal } = options
  if (signal?.aborted === true) return { result: Promise.reject(abortError(signal)), abort: () => {} }

  const own: number[] = []
  const target = (t: Target): number => {
    const id = addTarget(t)
    own.push(id)
    return id
  }
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const sink = (name: 'stdout' | 'stderr', callback: Sink | undefined): Sink | undefined =>
    callback &&
    ((chunk) => {
      if (options.buffer !== false) kept[name].push(chunk)
      return callback(chunk)
    })
  const native = {
    stdin: undefined as Uint8Array | string | undefined,
    stdinFrom: undefined as number | undefined,
    stdoutTo: undefined as number | undefined,
    stderrTo: undefined as number | undefined,
    sessionId: options.sessionId,
    agentId: options.agentId,
    cwd: options.cwd,
    env: options.env === undefined ? undefined : Object.entries(options.env).flatMap(([k, v]) => [k, v === undefined ? null : String(v)]),
    record: options.record !== false && options.noHistory !== true,
    limits: nativeLimits(options.limits, options.timeoutMs),
  }
  const { stdin } = options
  if (stdin !== undefined && stdin !== null) {
    if (isData(stdin)) native.stdin = typeof stdin === 'string' ? stdin : toBytes(stdin)
    else if (isByteSource(stdin)) native.stdinFrom = target(new StdinTarget(stdin) as Target)
    else throw invalidArgument('options.stdin', 'a string, bytes, a stream or an iterable of them', stdin)
  }
  if (options.onStdout !== undefined) native.stdoutTo = target(new OutputTarget({ stdout: sink('stdout', options.onStdout) }) as Target)
  if (options.onStderr !== undefined) native.stderrTo = target(new OutputTarget({ stderr: sink('stderr', options.onStderr) }) as Target)

  const id = freshId()
  let call: { abort(): void }
  try {
    call = workspace.execute(id, command, native as never)
  } catch (error) {
    own.forEach(removeTarget)
    throw error
  }
  const abort = (): void => call.abort()
  signal?.addEventListener('abort', abort, { once: true })
  const result = promise<{ exitCode: number; stdout: Buffer; stderr: Buffer }>(id)
    .then(
      (r) =>
        new ExecuteResult(
          native.stdoutTo === undefined ? r.stdout : Buffer.concat(kept.stdout),
          native.stderrTo === undefined ? r.stderr : Buffer.concat(kept.stderr),
          r.exitCode,
        ),
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECANCELED') {
          if (error.message.includes('Workspace is closed')) throw new Error('Workspace is closed')
          throw abortError(signal)
        }
        throw error
      },
    )
    .finally(() => {
      signal?.removeEventListener('abort', abort)
      own.forEach(removeTarget)
    })
  return { result, abort }
}

/** A running line with Node streams, as `child_process.spawn` gives them. Emits `exit` and `close` with the exit code, or `error`. */
export class ShellProcess extends EventEmitter {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** The exit code once it is known. */
  exitCode: number | null = null
  /** The end of the line; rejects when it was killed. */
  readonly done: Promise<ExecuteResult>
  readonly #abort: () => void

  /** @internal */
  constructor(workspace: Native, command: string, options: Omit<ExecuteOptions, 'stdin' | 'onStdout' | 'onStderr'>) {
    super()
    const queue: { chunk: Buffer; taken: () => void }[] = []
    let wake: (() => void) | undefined
    let ended = false
    this.stdin = new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        queue.push({ chunk, taken: callback })
        wake?.()
      },
      final: (callback) => {
        ended = true
        wake?.()
        callback()
      },
    })
    const source = async function* (): AsyncGenerator<Buffer> {
      for (;;) {
        const next = queue.shift()
        if (next !== undefined) {
          next.taken()
          yield next.chunk
        } else if (ended) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    }
    const readable = (): { stream: Readable; push: (chunk: Buffer) => Promise<void> | undefined } => {
      let drained: (() => void) | undefined
      const stream = new Readable({
        read: () => {
          drained?.()
          drained = undefined
        },
      })
      return {
        stream,
        push: (chunk) => {
          if (stream.destroyed) throw Object.assign(new Error('the reader is gone'), { code: 'EPIPE' })
          return stream.push(chunk) ? undefined : new Promise<void>((resolve) => (drained = resolve))
        },
      }
    }
    const [out, err] = [readable(), readable()]
    this.stdout = out.stream
    this.stderr = err.stream
    const { result, abort } = start(workspace, command, {
      ...options,
      stdin: source(),
      onStdout: out.push,
      onStderr: err.push,
      buffer: false,
    })
    this.#abort = abort
    // A reader that waits must not wait for ever once the other side is gone.
    for (const stream of [this.stdout, this.stderr]) stream.once('close', () => stream.read(0))
    const finish = (): void => {
      ended = true
      wake?.()
      for (const { taken } of queue.splice(0)) taken()
      this.stdout.push(null)
      this.stderr.push(null)
    }
    this.done = result
    result.then(
      (r) => {
        this.exitCode = r.exitCode
        finish()
        this.emit('exit', r.exitCode, null)
        this.emit('close', r.exitCode, null)
      },
      (error: unknown) => {
        finish()
        this.emit('exit', null, 'SIGTERM')
        this.emit('close', null, 'SIGTERM')
        if (this.listenerCount('error') > 0) this.emit('error', error)
      },
    )
  }

  /** Ends the line. */
  kill(): boolean {
    if (this.exitCode !== null) return false
    this.#abort()
    return true
  }
}
