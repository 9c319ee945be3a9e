/** Kernel mounts: parts of a workspace as directories of the host, for any program. */
import { isMainThread } from 'node:worker_threads'

import { later, native } from './native.js'

type Native = InstanceType<typeof native.NativeWorkspace>

/** How a kernel mount behaves. Times are in milliseconds. */
export interface FuseOptions {
  /** Where: a directory of the host, made if it is missing. A new temporary directory if left out. */
  mountpoint?: string
  /** The session that it is bound to: it shows what that session may see, and allows what that session may do. */
  session?: string
  /**
   * What `stat` does for a file whose size nobody knows before it is read. `auto`: 0 until it is first opened, the size from
   * then on. `never`: 0 whenever nobody has it open. `always`: reads it to learn the size, for `tar` and backups.
   */
  statFetch?: 'never' | 'auto' | 'always'
  /** How long the kernel may believe names and attributes without asking again; 1000 if left out. */
  ttl?: number
  /** Lets the kernel gather small writes before it hands them over. */
  writeback?: boolean
  /** Keeps nothing in the kernel's page cache. */
  directIo?: boolean
  /** Refuses every change. */
  readOnly?: boolean
  /** Whether other users of the host may use it; only root's mounts allow it if left out. */
  allowOther?: boolean
  /** Bytes of a file of unknown size that `open` fetches at most, before it streams instead; 64 MiB if left out. */
  openLimit?: number
  /** How long `open` fetches a file of unknown size, before it streams instead; 5000 if left out. */
  openTimeout?: number
  /** How long a request may take before it fails with `ETIMEDOUT`; 30 000 if left out. */
  timeout?: number
  /** How long a request waits for a JavaScript thread to begin with it before it fails; 2000 if left out. */
  pickupTimeout?: number
  /** Threads that read the kernel's requests. */
  threads?: number
  /** The name of the source in `/proc/mounts`; `mirage` if left out. */
  name?: string
}

/** `true`: at a new temporary directory. A string: there. `false`: not at all. */
export type FuseMountSpec = boolean | string | FuseOptions

/** Something that went wrong with a kernel mount. */
export interface FuseFailure {
  time: Date
  /** `mount`, or the request of the kernel that failed, such as `read`. */
  operation: string
  /** The path in the workspace, as far as known; the prefix of a mount that failed. */
  path: string
  code: string
  message: string
}

const KINDS: Record<keyof FuseOptions, 'string' | 'number' | 'boolean'> = {
  mountpoint: 'string',
  session: 'string',
  statFetch: 'string',
  ttl: 'number',
  writeback: 'boolean',
  directIo: 'boolean',
  readOnly: 'boolean',
  allowOther: 'boolean',
  openLimit: 'number',
  openTimeout: 'number',
  timeout: 'number',
  pickupTimeout: 'number',
  threads: 'number',
  name: 'string',
}

/** Options that are what they should be. */
export function fuseOptions(spec: FuseMountSpec | null | undefined): FuseOptions {
  if (spec === null || spec === undefined || typeof spec === 'boolean') return {}
  if (typeof spec === 'string') return { mountpoint: spec }
  if (typeof spec !== 'object') throw new TypeError(`a kernel mount is true, false, a path or options, not ${typeof spec}`)
  for (const [name, value] of Object.entries(spec)) {
    const kind = KINDS[name as keyof FuseOptions]
    if (kind === undefined) throw new TypeError(`unknown option of a kernel mount: '${name}'`)
    if (value === undefined) continue
    if (typeof value !== kind || (kind === 'number' && !(value >= 0)))
      throw new TypeError(`option '${name}' of a kernel mount must be a ${kind}${kind === 'number' ? ' of at least 0' : ''}`)
  }
  if (spec.statFetch !== undefined && !['never', 'auto', 'always'].includes(spec.statFetch))
    throw new TypeError(`statFetch must be 'never', 'auto' or 'always', not '${spec.statFetch}'`)
  return spec
}

/** A prefix as the keys of `fuseMountpoints` have it: `/data`. */
export const fuseKey = (prefix: string, session?: string | null): string => {
  const path = prefix.length > 1 ? prefix.replace(/\/+$/, '') : prefix
  return session === null || session === undefined ? path : `${path}@${session}`
}

/** The kernel mounts of one workspace. */
export class FuseMounts {
  readonly #native: Native
  readonly #failed: FuseFailure[] = []
  #first: Error | undefined

  constructor(ws: Native) {
    this.#native = ws
  }

  /** Mounts, and answers where. Throws when it cannot. */
  add(prefix: string, options: FuseOptions): string {
    const { mountpoint, session, ...rest } = options
    const at = this.#native.addFuseMount(prefix, mountpoint, session, rest)
    watch(this)
    return at
  }

  /** As the constructor of a workspace mounts: a failure is reported and kept, never thrown. */
  tryAdd(prefix: string, spec: FuseMountSpec): void {
    try {
      this.add(prefix, fuseOptions(spec))
    } catch (error) {
      const e = error as Error & { code?: string }
      this.#first ??= e
      this.#failed.push({ time: new Date(), operation: 'mount', path: prefix, code: e.code ?? 'EIO', message: e.message })
      process.stderr.write(`mirage: FUSE auto-mount failed for ${fuseKey(prefix)}, continuing without it: ${e.message}\n`)
    }
  }

  async remove(prefix: string, session?: string | null): Promise<void> {
    await later<void>((id) => this.#native.removeFuseMount(id, prefix, session ?? undefined))
    if (this.#native.fuseMounts().length === 0) unwatch(this)
  }

  /** Takes off those that `which` chooses. */
  async removeAll(which: (mount: { prefix: string; session: string | undefined }) => boolean): Promise<void> {
    for (const m of this.#native.fuseMounts()) if (which({ prefix: m.prefix, session: m.session })) await this.remove(m.prefix, m.session)
  }

  /** Where they are, by prefix; by `prefix@session` if they are bound to one. */
  get mountpoints(): Record<string, string> {
    return Object.fromEntries(this.#native.fuseMounts().map((m) => [fuseKey(m.prefix, m.session), m.mountpoint]))
  }

  get failures(): FuseFailure[] {
    const requests = this.#native.fuseErrors() as (Omit<FuseFailure, 'time'> & { time: number })[]
    return [...this.#failed, ...requests.map((f) => ({ ...f, time: new Date(f.time) }))]
  }

  get firstError(): Error | undefined {
    return this.#first
  }

  /** At the end of the process or of the thread: at once, waiting for nobody. */
  drop(): void {
    this.#native.dropFuseMounts()
  }

  /** After the workspace was closed. */
  closed(): void {
    unwatch(this)
  }
}

/** Workspaces of this thread that have kernel mounts: they live until they are closed, for programs elsewhere use them. */
const live = new Set<FuseMounts>()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function watch(mounts: FuseMounts): void {
  if (live.size === 0) {
    process.on('exit', dropAll)
    // Signals reach the main thread only.
    if (isMainThread) for (const signal of SIGNALS) process.on(signal, onSignal)
  }
  live.add(mounts)
}

function unwatch(mounts: FuseMounts): void {
  if (!live.delete(mounts) || live.size > 0) return
  process.removeListener('exit', dropAll)
  for (const signal of SIGNALS) process.removeListener(signal, onSignal)
}

function dropAll(): void {
  if (isMainThread) native.unmountAll()
  else for (const mounts of live) mounts.drop()
}

function onSignal(signal: NodeJS.Signals): void {
  // Who handles the signal decides what becomes of the process, and may still need the mounts.
  if (process.listeners(signal).some((listener) => listener !== onSignal)) return
  dropAll()
  process.removeListener(signal, onSignal)
  process.kill(process.pid, signal)
}
