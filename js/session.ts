/** Sessions: shells that share a tree, each with its own state and its own view of the mounts. */
import type { ExecuteOptions } from './execute.js'
import type { WorkspaceFs } from './fs.js'
import { MountMode, parseMountMode } from './mode.js'
import type { ExecuteResult } from './result.js'

/** Ceiling per mount: a map of prefix to mode (or alias), or a list of prefixes that keep their mode. */
export type SessionMounts = Record<string, string> | ReadonlyMap<string, string> | Iterable<string>

/** Options of `createSession`. */
export interface SessionOptions {
  /** What the session may see; everything if left out. */
  mounts?: SessionMounts | null
  /** The reference's first name for a list of mounts. */
  allowedMounts?: Iterable<string> | null
}

/** The pairs of prefix and ceiling that native code takes. */
export function ceilings(options: SessionOptions | null | undefined): string[][] | undefined {
  const mounts = options?.mounts ?? options?.allowedMounts
  if (mounts === null || mounts === undefined) return undefined
  if (typeof mounts === 'string') throw new TypeError("mounts must be a map or a list of prefixes, such as ['/data']")
  if (mounts instanceof Map) return [...mounts].map(([prefix, mode]) => [prefix, parseMountMode(mode as string)])
  if (Symbol.iterator in mounts) return [...(mounts as Iterable<string>)].map((prefix) => [prefix, MountMode.EXEC])
  return Object.entries(mounts as Record<string, string>).map(([prefix, mode]) => [prefix, parseMountMode(mode)])
}

/** A session's handle. */
export class Session {
  /** Its id. */
  readonly id: string
  /** The tree as this session may see it. */
  readonly fs: WorkspaceFs
  readonly #state: () => { cwd: string; env: string[] }
  readonly #execute: (command: string, options?: ExecuteOptions) => Promise<ExecuteResult>

  /** @internal */
  constructor(
    id: string,
    fs: WorkspaceFs,
    state: () => { cwd: string; env: string[] },
    execute: (command: string, options?: ExecuteOptions) => Promise<ExecuteResult>,
  ) {
    this.id = id
    this.fs = fs
    this.#state = state
    this.#execute = execute
  }

  /** The same as `id`. */
  get sessionId(): string {
    return this.id
  }

  /** Its working directory after the last finished line. */
  get cwd(): string {
    return this.#state().cwd
  }

  /** Its exported variables after the last finished line. */
  get env(): Record<string, string> {
    return pairs(this.#state().env)
  }

  /** Runs a line in this session. */
  execute(command: string, options?: ExecuteOptions): Promise<ExecuteResult> {
    return this.#execute(command, { ...options, sessionId: this.id })
  }

  /** The same as `execute`. */
  shell(command: string, options?: ExecuteOptions): Promise<ExecuteResult> {
    return this.execute(command, options)
  }
}

/** Names and values in turn, as an object. */
export function pairs(flat: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) object[flat[i] as string] = flat[i + 1] as string
  return object
}
