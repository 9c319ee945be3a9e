/** Commands written in JavaScript. */
import { type ByteSource, type Data, chunksOf, collect, isByteSource, isData, toBytes } from './bytes.js'
import type { WorkspaceFs } from './fs.js'
import { native, replyError, type Target } from './native.js'

/** Standard input of a command: an async iterable of chunks that are pulled one by one. */
export interface CommandInput extends AsyncIterable<Buffer> {
  /** Everything that is left, as bytes. */
  bytes(): Promise<Buffer>
  /** Everything that is left, as text. */
  text(): Promise<string>
}

/** An output of a command. */
export interface CommandOutput {
  /** Writes; resolves when the other side has taken it, rejects with `EPIPE` when nobody reads any more. */
  write(data: Data): Promise<void>
}

/** What a command's function gets. */
export interface CommandContext {
  /** The name it was called by. */
  name: string
  /** The arguments; one that is not UTF-8 is a `Buffer`. */
  args: string[]
  /** The arguments that are no options, as absolute paths. */
  paths: string[]
  /** The arguments that are options: `--name=value` and `--name` by name, `-abc` by letter. */
  flags: Record<string, string | true>
  stdin: CommandInput
  stdout: CommandOutput
  stderr: CommandOutput
  fs: WorkspaceFs
  env: Record<string, string>
  cwd: string
  /** Fires when the call is cancelled. */
  signal: AbortSignal
}

/** What a command's function may return. `null` lets an override pass the call on. */
export type CommandReturn =
  | void
  | undefined
  | null
  | number
  | Data
  | ByteSource
  | { stdout?: Data | ByteSource | null; stderr?: Data | ByteSource | null; exitCode?: number }

/** A command's function. */
export type CommandFunction = (context: CommandContext) => CommandReturn | Promise<CommandReturn>

/** Where a command applies, and what it is for. */
export interface CommandOptions {
  /** Only when the first operand lies on a backend of this kind. */
  resource?: string | readonly string[] | null
  /** Only when the first operand's name ends like this (`parquet` or `.parquet`). */
  filetype?: string | null
  /** One line for `--help`. */
  summary?: string
}

interface RunRequest {
  call: number
  name: string
  args: (string | Buffer)[]
  env: [string, string][]
  cwd: string
}

/** One call: a queue of steps, each answered by native code before the next. */
class Call {
  readonly controller = new AbortController()
  #reply = 0
  #waiting: { resolve: (answer: never) => void; reject: (error: unknown) => void } | undefined
  readonly #steps: { fields: object; resolve: (answer: never) => void; reject: (error: unknown) => void }[] = []

  constructor(readonly id: number) {}

  /** Native code waits for the next step under this request, with the answer to the last one. */
  ready(request: number, answer?: unknown): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#reply = request
    waiting?.resolve(answer as never)
    this.#flush()
  }

  /** The call is over on the native side: nothing can be written or read any more. */
  end(): void {
    const gone = Object.assign(new Error('EPIPE: broken pipe, write'), { code: 'EPIPE', errno: -32, syscall: 'write' })
    this.#waiting?.reject(gone)
    for (const step of this.#steps.splice(0)) step.reject(gone)
    this.#waiting = undefined
    this.controller.abort()
  }

  step<T>(fields: object): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#steps.push({ fields, resolve, reject })
      this.#flush()
    })
  }

  /** The last step: no answer follows. */
  finish(fields: object): void {
    void this.step(fields).catch(() => {})
  }

  #flush(): void {
    if (this.#reply === 0) return
    const next = this.#steps.shift()
    if (next === undefined) return
    const request = this.#reply
    this.#reply = 0
    this.#waiting = next
    try {
      native.reply(request, { call: this.id, ...next.fields } as never)
    } catch (error) {
      this.#waiting = undefined
      next.reject(error)
      replyError(request, error)
    }
  }
}

function input(call: Call): CommandInput {
  let ended = false
  const next = async (): Promise<IteratorResult<Buffer>> => {
    if (ended) return { done: true, value: undefined }
    const chunk = await call.step<Buffer>({ step: 'stdin' })
    ended = chunk.length === 0
    return ended ? { done: true, value: undefined } : { done: false, value: chunk }
  }
  const iterable = { [Symbol.asyncIterator]: () => ({ next }) }
  return Object.assign(iterable, {
    bytes: async () => Buffer.from(await collect(iterable)),
    text: async () => Buffer.from(await collect(iterable)).toString('utf8'),
  })
}

const output = (call: Call, step: 'stdout' | 'stderr'): CommandOutput => ({
  write: async (data) => {
    const bytes = toBytes(data)
    if (bytes.length > 0) await call.step({ step, data: bytes })
  },
})

function flagsOf(args: (string | Buffer)[]): { flags: Record<string, string | true>; operands: string[] } {
  const flags: Record<string, string | true> = {}
  const operands: string[] = []
  let options = true
  for (const arg of args) {
    const text = typeof arg === 'string' ? arg : arg.toString('latin1')
    if (!options || !text.startsWith('-') || text === '-') operands.push(text)
    else if (text === '--') options = false
    else if (text.startsWith('--')) {
      const eq = text.indexOf('=')
      if (eq > 0) flags[text.slice(2, eq)] = text.slice(eq + 1)
      else flags[text.slice(2)] = true
    } else for (const letter of text.slice(1)) flags[letter] = true
  }
  return { flags, operands }
}

/** The native side's partner for one registered function. */
export class CommandTarget implements Target {
  readonly #calls = new Map<number, Call>()

  constructor(
    readonly fn: CommandFunction,
    readonly fs: () => WorkspaceFs,
  ) {}

  handle(op: string, args: never, id: number): undefined {
    const request = args as RunRequest & { answer?: unknown }
    const call = this.#calls.get(request.call)
    switch (op) {
      case 'run': {
        const fresh = new Call(request.call)
        this.#calls.set(request.call, fresh)
        fresh.ready(id)
        void this.#run(fresh, request)
        break
      }
      case 'continue':
        if (call === undefined) replyError(id, new Error('the call is over'))
        else call.ready(id, request.answer)
        break
      case 'abort':
        call?.controller.abort()
        break
      case 'end':
        call?.end()
        this.#calls.delete(request.call)
        break
    }
    return undefined
  }

  async #run(call: Call, request: RunRequest): Promise<void> {
    try {
      const { flags, operands } = flagsOf(request.args)
      const context: CommandContext = {
        name: request.name,
        args: request.args as string[],
        paths: operands.map((p) => (p.startsWith('/') ? p : `${request.cwd === '/' ? '' : request.cwd}/${p}`)),
        flags,
        stdin: input(call),
        stdout: output(call, 'stdout'),
        stderr: output(call, 'stderr'),
        fs: this.fs(),
        env: Object.fromEntries(request.env.map(([k, v]) => [String(k), String(v)])),
        cwd: request.cwd,
        signal: call.controller.signal,
      }
      call.finish(await finalStep(call, await this.fn(context)))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      call.finish((error as { code?: unknown })?.code === 'EPIPE' ? { step: 'done', status: 141 } : { step: 'failed', data: message })
    } finally {
      this.#calls.delete(call.id)
    }
  }
}

/** Turns what a function returned into the last step; streams are written on the way. */
async function finalStep(call: Call, result: CommandReturn): Promise<object> {
  if (result === null) return { step: 'declined' }
  if (result === undefined) return { step: 'done', status: 0 }
  if (typeof result === 'number') return { step: 'done', status: result }
  if (isData(result)) return { step: 'done', status: 0, stdout: toBytes(result) }
  if (isByteSource(result)) {
    await stream(call, 'stdout', result)
    return { step: 'done', status: 0 }
  }
  const fields: Record<string, unknown> = { step: 'done', status: result.exitCode ?? 0 }
  for (const name of ['stdout', 'stderr'] as const) {
    const value = result[name]
    if (value === null || value === undefined) continue
    if (isData(value)) fields[name] = toBytes(value)
    else await stream(call, name, value)
  }
  return fields
}

async function stream(call: Call, step: 'stdout' | 'stderr', source: ByteSource): Promise<void> {
  const iterator = chunksOf(source)
  try {
    for (;;) {
      const { done, value } = await iterator.next()
      if (done === true) return
      await output(call, step).write(value)
    }
  } catch (error) {
    await iterator.return?.()
    throw error
  }
}

/** A command as `command()` makes it, to be registered on a mount. */
export interface RegisteredCommand {
  name: string
  resource: string | null
  filetype: string | null
  summary: string
  fn: CommandFunction
}

/** Describes a command for `mount.registerFns`: one entry per backend kind. */
export function command(spec: { name: string; fn: CommandFunction } & CommandOptions): RegisteredCommand[] {
  const kinds = spec.resource === null || spec.resource === undefined ? [null] : [spec.resource].flat()
  return kinds.map((resource) => ({
    name: spec.name,
    resource,
    filetype: spec.filetype ?? null,
    summary: spec.summary ?? '',
    fn: spec.fn,
  }))
}
