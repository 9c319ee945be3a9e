/** {@link Workspace}: one filesystem over everything, and the shell that runs on it. */
import { type CommandFunction, type CommandOptions, CommandTarget, type RegisteredCommand } from './command.js'
import { type ExecuteOptions, type Limits, nativeLimits, ShellProcess, start } from './execute.js'
import { WorkspaceFs } from './fs.js'
import { type FuseFailure, type FuseMountSpec, FuseMounts, type FuseOptions, fuseKey, fuseOptions } from './fuse.js'
import { type History, historyOf } from './history.js'
import { created } from './life.js'
import { MountMode, parseMountMode } from './mode.js'
import { Mount, MountEntry } from './mount.js'
import { addTarget, later, native, type Target } from './native.js'
import { type Resource, toNative } from './resource.js'
import { ExecuteResult } from './result.js'
import { ceilings, pairs, Session, type SessionOptions } from './session.js'
import type { FileStat } from './stat.js'

/** What can be mounted at a prefix: a resource, a resource with its mode, or a {@link Mount}. */
export type MountSpec = Resource | readonly [Resource, MountMode] | Mount

/** Options of a workspace. */
export interface WorkspaceOptions {
  /** Mode of every mount that sets none; `read` if left out. */
  mode?: MountMode
  /** Mode by prefix, over the mount's own. */
  modeOverrides?: Record<string, MountMode>
  /** Recorded with every line; `default` if left out. */
  agentId?: string
  /** Id of the default session; `default` if left out. */
  sessionId?: string
  /** Lines of history kept; 100 if left out. */
  historyLimit?: number
  /** First environment of every session. */
  env?: Record<string, string>
  /** Working directory of new sessions; `/` if left out. */
  cwd?: string
  /** Limits of every call. */
  limits?: Limits
  /** Parts of the tree that any program shall see, by prefix; see {@link FuseMountSpec}. */
  fuseMounts?: Record<string, FuseMountSpec>
  /** `false` switches off the guard that cuts the last `cat`, `grep`, `rg`, `head` or `tail` of a line at 2000 lines. */
  outputLimits?: boolean
  /** Accepted for code written for the reference, which parses in JavaScript. */
  ops?: unknown
  shellParser?: unknown
  shellParserFactory?: unknown
}

type Native = InstanceType<typeof native.NativeWorkspace>

/** The plain object of options that are not implemented yet, with what to do instead. */
const NOT_YET: Record<string, string> = {
  python: 'python3 in the shell comes with a later version',
}

/**
 * The native workspace below, for other parts of this package.
 * @internal
 */
export let nativeOf: (ws: Workspace) => Native

/** One tree of mounts, one shell with its sessions. */
export class Workspace implements AsyncDisposable {
  /** The programmatic door. */
  readonly fs: WorkspaceFs
  /** What was run. */
  readonly history: History
  readonly #native: Native
  readonly #mode: MountMode
  readonly #fuse: FuseMounts
  readonly #resources = new Map<string, Resource>()
  readonly #followers = new Set<{ changed: () => void; closed: () => void }>()

  static {
    nativeOf = (ws) => ws.#native
  }

  /**
   * @param resources what is mounted where, by prefix: `{ '/data': new RAMResource() }`
   * @param options see {@link WorkspaceOptions}
   */
  constructor(resources: Record<string, MountSpec> = {}, options: WorkspaceOptions = {}) {
    for (const [name, reason] of Object.entries(NOT_YET)) {
      if ((options as Record<string, unknown>)[name] !== undefined) throw new Error(`option '${name}' is not available: ${reason}`)
    }
    this.#mode = options.mode === undefined ? MountMode.READ : parseMountMode(options.mode)
    this.#native = new native.NativeWorkspace({
      sessionId: options.sessionId,
      agentId: options.agentId,
      historyLimit: options.historyLimit,
      outputLines: options.outputLimits === false ? -1 : undefined,
      env: options.env === undefined ? undefined : Object.entries(options.env).map(([k, v]) => [k, String(v)]),
      cwd: options.cwd,
      limits: nativeLimits(options.limits) as never,
      rootMode: this.#mode,
    })
    this.fs = new WorkspaceFs(this.#native)
    this.#fuse = new FuseMounts(this.#native)
    this.history = historyOf(this.#native)
    for (const [prefix, spec] of Object.entries(resources)) {
      const [resource, own] =
        spec instanceof Mount
          ? [spec.resource, spec.mode]
          : Array.isArray(spec)
            ? (spec as [Resource, MountMode])
            : [spec as Resource, undefined]
      const override = options.modeOverrides?.[prefix] ?? options.modeOverrides?.[slashed(prefix)]
      this.addMount(prefix, resource, override ?? own ?? this.#mode)
    }
    const kernel = new Map<string, FuseMountSpec>()
    for (const [prefix, spec] of Object.entries(resources)) {
      if (spec instanceof Mount && spec.fuse !== undefined) kernel.set(fuseKey(prefix), spec.fuse)
    }
    for (const [prefix, spec] of Object.entries(options.fuseMounts ?? {})) kernel.set(fuseKey(prefix), spec)
    for (const [prefix, spec] of kernel) if (spec !== false) this.#fuse.tryAdd(prefix, spec)
    created(this)
  }

  /** Mounts a resource. The mode is `read` if left out, whatever the workspace's is. */
  addMount(prefix: string, resource: Resource, mode: MountMode = MountMode.READ): MountEntry {
    const entry = this.#native.addMount(prefix, toNative(resource), parseMountMode(mode))
    this.#resources.set(entry.prefix, resource)
    for (const f of this.#followers) f.changed()
    return this.#entry(entry)
  }

  /** Takes a mount out, and closes its resource when no other mount uses it. */
  async unmount(prefix: string): Promise<void> {
    await this.#fuse.removeAll((m) => m.prefix === fuseKey(prefix))
    await later<void>((id) => this.#native.unmount(id, prefix))
    this.#resources.delete(slashed(prefix))
    for (const f of this.#followers) f.changed()
  }

  /**
   * Calls `changed` after every change of the mounts, and `closed` before the workspace closes.
   * @internal
   */
  onMounts(changed: () => void, closed: () => void): () => void {
    const follower = { changed, closed }
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** The mounts, longest prefix first. */
  mounts(): readonly MountEntry[] {
    return this.#native.mounts().map((m) => this.#entry(m))
  }

  /** The mount that a path belongs to. */
  mount(path: string): MountEntry | null {
    const inside = slashed(path)
    return this.mounts().find((m) => inside.startsWith(m.prefix)) ?? null
  }

  /**
   * Shows what lies below `prefix` to every program of the machine, as a directory; `/` shows the whole workspace. Answers where:
   * `mountpoint`, or a new temporary directory. Only directories that were made for it are removed at the end.
   * @param session the id of the session that it is bound to, or further options
   */
  async addFuseMount(prefix: string, mountpoint?: string | FuseOptions | null, session?: string | FuseOptions | null): Promise<string> {
    const more = typeof session === 'string' ? { session } : fuseOptions(session)
    return this.#fuse.add(prefix, fuseOptions({ ...fuseOptions(mountpoint), ...more }))
  }

  /** Takes a kernel mount off, even when a program uses it. */
  async removeFuseMount(prefix: string, session?: string | null): Promise<void> {
    await this.#fuse.remove(prefix, session)
  }

  /** Where the kernel mounts are, by prefix (`/data`), or by `prefix@session` for those that are bound to a session. */
  get fuseMountpoints(): Record<string, string> {
    return this.#fuse.mountpoints
  }

  /** Where the only kernel mount is; `null` when there is none. Throws when there are several. */
  get fuseMountpoint(): string | null {
    const all = Object.entries(this.#fuse.mountpoints)
    if (all.length > 1) throw new Error(`several FUSE mounts (${all.map(([key]) => key).join(', ')}): use fuseMountpoints`)
    return all[0]?.[1] ?? null
  }

  /**
   * Resolves when the kernel mounts that the constructor was asked for are up, or have failed; with `strict` it rejects with the
   * first failure.
   */
  async fuseReady(options?: { strict?: boolean } | null): Promise<void> {
    if (options?.strict === true && this.#fuse.firstError !== undefined) throw this.#fuse.firstError
  }

  /** What went wrong with kernel mounts: those of the constructor that failed, and the latest requests that did. */
  get fuseErrors(): readonly FuseFailure[] {
    return this.#fuse.failures
  }

  /** Runs a line (or a script) in the shell. Whatever the shell can say is in the result; it rejects only for an abort, an unknown session, or a closed workspace. */
  async execute(command: string, options?: ExecuteOptions | null): Promise<ExecuteResult> {
    return start(this.#native, command, options ?? {}).result
  }

  /** The same as {@link execute}. */
  async shell(command: string, options?: ExecuteOptions | null): Promise<ExecuteResult> {
    return this.execute(command, options)
  }

  /** Starts a line with Node streams for its standard input and outputs. */
  spawn(command: string, options: Omit<ExecuteOptions, 'stdin' | 'onStdout' | 'onStderr'> = {}): ShellProcess {
    return new ShellProcess(this.#native, command, options)
  }

  /**
   * Adds a command written in JavaScript: `ws.command('summarize', fn)`, or for one kind of backend and/or file type,
   * `ws.command('cat', { resource: 's3', filetype: 'parquet' }, fn)`.
   */
  command(name: string, fn: CommandFunction): this
  command(name: string, options: CommandOptions, fn: CommandFunction): this
  command(name: string, options: CommandOptions | CommandFunction, fn?: CommandFunction): this {
    const [where, run] = typeof options === 'function' ? [{}, options] : [options, fn]
    if (typeof name !== 'string' || name.trim() === '') throw new TypeError('a command needs a name')
    if (typeof run !== 'function') throw new TypeError(`command '${name}' needs a function`)
    const kinds = where.resource === null || where.resource === undefined ? [undefined] : [where.resource].flat()
    for (const kind of kinds) this.#addCommand(name, kind, where.filetype ?? undefined, where.summary ?? '', run)
    return this
  }

  /** Takes a command out, with all its overrides. Whether there was one. */
  removeCommand(name: string): boolean {
    return this.#native.removeCommand(name)
  }

  /** Names of all commands, sorted. */
  commands(): string[] {
    return this.#native.commands()
  }

  /** Opens a session with a state of its own, narrowed to some mounts if asked for. */
  createSession(id: string, options?: SessionOptions | null): Session {
    this.#native.createSession(id, ceilings(options))
    return this.#session(id)
  }

  /** A session that is open. */
  getSession(id: string): Session {
    this.#native.session(id)
    return this.#session(id)
  }

  /** All sessions. */
  listSessions(): Session[] {
    return this.#native.sessions().map((id) => this.#session(id))
  }

  /** Ends a session and what runs in it. */
  async closeSession(id: string): Promise<void> {
    await this.#fuse.removeAll((m) => m.session === id)
    this.#native.closeSession(id)
  }

  /** Ends all sessions but the default one. */
  async closeAllSessions(): Promise<void> {
    await this.#fuse.removeAll((m) => m.session !== undefined && m.session !== this.defaultSessionId)
    this.#native.closeAllSessions()
  }

  /** The id of the default session. */
  get defaultSessionId(): string {
    return this.#native.defaultSession
  }

  /** Working directory of the default session. */
  get cwd(): string {
    return this.#native.session(this.defaultSessionId).cwd
  }

  set cwd(cwd: string) {
    this.#native.setCwd(this.defaultSessionId, cwd)
  }

  /** Exported variables of the default session; assign an object to replace them. */
  get env(): Record<string, string> {
    return pairs(this.#native.session(this.defaultSessionId).env)
  }

  set env(env: Record<string, string>) {
    this.#native.setEnv(
      this.defaultSessionId,
      Object.entries(env).flatMap(([k, v]) => [k, String(v)]),
    )
  }

  /** What is known of a path. */
  async stat(path: string): Promise<FileStat> {
    return this.fs.stat(path)
  }

  /** The full paths of a directory's entries. */
  async readdir(path: string): Promise<string[]> {
    return this.fs.readdir(path)
  }

  /** One operation by its name, as the reference's adapters call it: `read write append stat readdir exists mkdir rmdir unlink rename truncate …`. */
  async dispatch(op: string, path: string, args: readonly unknown[] = []): Promise<unknown> {
    const names: Record<string, string> = {
      read: 'readFile',
      write: 'writeFile',
      append: 'appendFile',
      is_dir: 'isDir',
      is_file: 'isFile',
      copy: 'copyFile',
    }
    const name = names[op] ?? op
    const method =
      Object.hasOwn(WorkspaceFs.prototype, name) && name !== 'constructor'
        ? (this.fs as unknown as Record<string, unknown>)[name]
        : undefined
    if (typeof method !== 'function') throw new Error(`unknown operation: ${op}`)
    return (method as (...all: unknown[]) => unknown).call(this.fs, path, ...args)
  }

  /** A description of the mounts for an agent's prompt. */
  get filePrompt(): string {
    const lines = ['The workspace is one file tree; use ordinary paths and shell commands.']
    for (const m of this.#native.mounts()) {
      if (m.infrastructure) continue
      const resource = this.#resources.get(m.prefix)
      const prompt = resource === undefined ? undefined : toNative(resource).prompt
      lines.push(prompt?.replaceAll('{prefix}', m.prefix) ?? `${m.prefix} (${m.kind}, ${m.mode})`)
    }
    return lines.join('\n')
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#native.closed
  }

  /** Stops what runs, closes every resource. Idempotent. Afterwards everything rejects with `Workspace is closed`. */
  async close(): Promise<void> {
    for (const f of this.#followers) f.closed()
    try {
      await later<void>((id) => this.#native.close(id))
    } finally {
      this.#fuse.closed()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #entry(m: { prefix: string; kind: string; mode: string }): MountEntry {
    return new MountEntry(m, this.#resources.get(m.prefix), (commands, kind) => this.#registerFns(commands, kind))
  }

  #registerFns(commands: readonly RegisteredCommand[], kind: string): void {
    const matching = commands.filter((c) => c.resource === null || c.resource === kind)
    if (matching.length === 0 && commands.length > 0) {
      const kinds = commands.map((c) => `'${c.resource}'`).join(', ')
      throw new Error(`command '${commands[0]?.name}' is for resource(s) [${kinds}], not '${kind}'`)
    }
    for (const c of matching) this.#addCommand(c.name, c.resource ?? kind, c.filetype ?? undefined, c.summary, c.fn)
  }

  #addCommand(name: string, kind: string | undefined, filetype: string | undefined, summary: string, fn: CommandFunction): void {
    const target = addTarget(new CommandTarget(fn, () => this.fs) as unknown as Target)
    const extension = filetype === undefined || filetype.startsWith('.') ? filetype : `.${filetype}`
    this.#native.addCommand(name, target, summary, kind, extension)
  }

  #session(id: string): Session {
    return new Session(
      id,
      new WorkspaceFs(this.#native, id),
      () => this.#native.session(id),
      (command, options) => this.execute(command, options),
    )
  }
}

const slashed = (prefix: string): string => (prefix.endsWith('/') ? prefix : `${prefix}/`)
