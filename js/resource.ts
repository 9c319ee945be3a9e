/** Backends: the built-in classes, and the bridge to those written in JavaScript. */
import { type ByteSource, type Data, collect, toBytes } from './bytes.js'
import { addTarget, native, type Target } from './native.js'

type NativeResource = InstanceType<typeof native.NativeResource>

const NATIVE = Symbol.for('@mirage/node-native.resource')

/** A backend that this package implements. */
export abstract class BuiltinResource {
  /** @internal */
  readonly [NATIVE]: NativeResource

  /** @internal */
  protected constructor(resource: NativeResource) {
    Object.defineProperty(this, NATIVE, { value: resource, enumerable: false })
    this[NATIVE] = resource
  }

  /** The backend's name. */
  get kind(): string {
    return this[NATIVE].kind
  }

  /** Whether reads are worth caching. */
  get cachesReads(): boolean {
    return false
  }

  /** For `OpsRegistry`, which the reference's examples fill: the operations live in native code, so this is empty. */
  ops(): readonly unknown[] {
    return []
  }

  /** For code that opens a resource before it mounts it: nothing to do. */
  async open(): Promise<void> {}

  /** For code that closes a resource itself: the workspace does it. */
  async close(): Promise<void> {}
}

/** A tree in memory: real inodes, hard and symbolic links, POSIX errors, contents copied on write. */
export class RAMResource extends BuiltinResource {
  /** @param options `limit`: bytes that fit in; more is `ENOSPC`. */
  constructor(options?: { limit?: number } | null) {
    super(native.NativeResource.ram(options?.limit))
  }
}

/** A directory of this machine. Nothing outside it can be reached, not even through a symbolic link. */
export class DiskResource extends BuiltinResource {
  /** The directory. */
  readonly root: string

  /** @param options the directory, as `root`; it must exist. */
  constructor(options: { root: string } | string) {
    const root = typeof options === 'string' ? options : options?.root
    if (typeof root !== 'string' || root === '') {
      throw new TypeError("DiskResource needs a directory: new DiskResource({ root: '/some/dir' })")
    }
    super(native.NativeResource.disk(root))
    this.root = root
  }
}

/** What a stat may look like when JavaScript answers it. */
export interface StatLike {
  /** Length of what a read returns; leave it out when only a read can tell. */
  size?: number | bigint | null
  /** `'directory'`, `'file'`, `'symlink'`, or any other type, which means a file. */
  type?: string
  kind?: string
  isDirectory?: boolean | (() => boolean)
  isSymbolicLink?: boolean | (() => boolean)
  mode?: number | null
  mtimeMs?: number | null
  mtime?: Date | number | string | null
  modified?: Date | number | string | null
  /** Identifies the version of the content (an ETag). */
  fingerprint?: string | null
  contentType?: string | null
}

/** An entry of a listing: a name (a directory may end in `/`), or an object with one. */
export type EntryLike = string | ({ name: string } & StatLike)

type Awaitable<T> = T | Promise<T>

/**
 * A backend written in JavaScript. `readdir`, `readFile` and `stat` are enough; each further method switches on an ability.
 * Paths are strings that begin with `/`, seen from the mount. Throw an error with a `code` (`ENOENT`, `EACCES` …) to refuse.
 */
export interface CustomResource {
  /** Its name; `js` if left out. */
  kind?: string
  /** A line that explains the mount to an agent; `{prefix}` stands for its path. */
  prompt?: string
  /** The entries of a directory. */
  readdir(path: string): Awaitable<Iterable<EntryLike>>
  /** The content of a file. */
  readFile(path: string): Awaitable<Data | ByteSource>
  /** What is known of a path; `null` or `undefined` when nothing is there. */
  stat(path: string): Awaitable<StatLike | null | undefined>
  /** Part of a file, from `start` to `end` (exclusive); with it, large files are never read whole. */
  readRange?(path: string, start: number, end: number): Awaitable<Data>
  writeFile?(path: string, data: Buffer): Awaitable<unknown>
  appendFile?(path: string, data: Buffer): Awaitable<unknown>
  truncate?(path: string, size: number): Awaitable<unknown>
  mkdir?(path: string): Awaitable<unknown>
  unlink?(path: string): Awaitable<unknown>
  rmdir?(path: string): Awaitable<unknown>
  rename?(from: string, to: string): Awaitable<unknown>
  copyFile?(from: string, to: string): Awaitable<unknown>
  symlink?(target: string, path: string): Awaitable<unknown>
  readlink?(path: string): Awaitable<string>
  chmod?(path: string, mode: number): Awaitable<unknown>
  chown?(path: string, uid: number, gid: number): Awaitable<unknown>
  utimes?(path: string, atime: Date, mtime: Date): Awaitable<unknown>
  open?(): Awaitable<unknown>
  close?(): Awaitable<unknown>
}

/** Anything that can be mounted. */
export type Resource = BuiltinResource | CustomResource

const flag = (value: boolean | (() => boolean) | undefined): boolean => (typeof value === 'function' ? value() : value === true)

function milliseconds(value: Date | number | string | null | undefined): number | null {
  if (value === null || value === undefined) return null
  const ms = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : Date.parse(value)
  return Number.isFinite(ms) ? ms : null
}

function statFields(stat: StatLike): Record<string, unknown> {
  // Methods of fs.Stats need their object.
  const directory = typeof stat.isDirectory === 'function' ? stat.isDirectory.call(stat) : flag(stat.isDirectory)
  const link = typeof stat.isSymbolicLink === 'function' ? stat.isSymbolicLink.call(stat) : flag(stat.isSymbolicLink)
  const type = stat.kind ?? stat.type
  const kind = directory || type === 'directory' || type === 'dir' ? 'directory' : link || type === 'symlink' ? 'symlink' : 'file'
  return {
    kind,
    size: stat.size === null || stat.size === undefined || kind === 'directory' ? null : Number(stat.size),
    mode: stat.mode ?? null,
    mtimeMs: stat.mtimeMs ?? milliseconds(stat.mtime ?? stat.modified),
    fingerprint: stat.fingerprint ?? null,
    contentType: stat.contentType ?? null,
  }
}

function entryFields(entry: EntryLike): Record<string, unknown> {
  if (typeof entry === 'string') {
    const directory = entry.endsWith('/') && entry.length > 1
    const trimmed = entry.replace(/\/+$/, '')
    return { name: trimmed.slice(trimmed.lastIndexOf('/') + 1), ...(directory ? { kind: 'directory' } : {}) }
  }
  const described = ['kind', 'type', 'isDirectory', 'size'].some((key) => (entry as unknown as Record<string, unknown>)[key] !== undefined)
  return { ...(described ? statFields(entry) : {}), name: entry.name }
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' })
}

interface Request {
  path: string
  to: string
  target: string
  data: Buffer
  size: number
  start?: number
  end?: number
  mode: number | null
  uid: number | null
  gid: number | null
  atimeMs: number | null
  mtimeMs: number | null
}

class CustomTarget implements Target {
  constructor(readonly resource: CustomResource) {}

  async handle(op: string, args: Request): Promise<object> {
    const r = this.resource
    switch (op) {
      case 'stat': {
        const stat = await r.stat(args.path)
        if (stat === null || stat === undefined) throw missing(args.path)
        return statFields(stat)
      }
      case 'list': {
        const entries = await r.readdir(args.path)
        return { entries: Array.from(entries, entryFields) }
      }
      case 'read':
        if (args.start !== undefined && r.readRange !== undefined) {
          return { data: toBytes(await r.readRange(args.path, args.start, args.end as number)) }
        }
        return { data: await collect(await r.readFile(args.path)) }
      case 'write':
        await r.writeFile?.(args.path, args.data)
        return {}
      case 'append':
        await r.appendFile?.(args.path, args.data)
        return {}
      case 'truncate':
        await r.truncate?.(args.path, args.size)
        return {}
      case 'mkdir':
        await r.mkdir?.(args.path)
        return {}
      case 'remove':
        await r.unlink?.(args.path)
        return {}
      case 'rmdir':
        await r.rmdir?.(args.path)
        return {}
      case 'rename':
        await r.rename?.(args.path, args.to)
        return {}
      case 'copy':
        await r.copyFile?.(args.path, args.to)
        return {}
      case 'symlink':
        await r.symlink?.(args.target, args.path)
        return {}
      case 'readlink':
        return { target: (await r.readlink?.(args.path)) ?? null }
      case 'setattr':
        if (args.mode !== null) await r.chmod?.(args.path, args.mode)
        if (args.uid !== null || args.gid !== null) await r.chown?.(args.path, args.uid ?? -1, args.gid ?? -1)
        if (args.atimeMs !== null || args.mtimeMs !== null) {
          const now = Date.now()
          await r.utimes?.(args.path, new Date(args.atimeMs ?? now), new Date(args.mtimeMs ?? now))
        }
        return {}
      case 'close':
        await r.close?.()
        return {}
      default:
        throw Object.assign(new Error(`unknown request: ${op}`), { code: 'ENOSYS' })
    }
  }
}

/** The abilities that an object's methods switch on. */
function abilities(r: CustomResource): string[] {
  const has = (...names: (keyof CustomResource)[]): boolean => names.every((name) => typeof r[name] === 'function')
  const list: [string, boolean][] = [
    ['ranges', has('readRange')],
    ['write', has('writeFile')],
    ['append', has('appendFile')],
    ['truncate', has('truncate')],
    ['rename', has('rename')],
    ['copy', has('copyFile')],
    ['symlinks', has('symlink', 'readlink')],
    ['attributes', has('chmod', 'utimes')],
  ]
  return list.filter(([, on]) => on).map(([name]) => name)
}

const bridged = new WeakMap<object, NativeResource>()

/** The native handle of anything that can be mounted. */
export function toNative(resource: unknown): NativeResource {
  if (typeof resource !== 'object' || resource === null) {
    throw new TypeError(`a mount needs a resource (such as new RAMResource()), not ${resource === null ? 'null' : typeof resource}`)
  }
  const builtin = (resource as { [NATIVE]?: NativeResource })[NATIVE]
  if (builtin !== undefined) return builtin
  const known = bridged.get(resource)
  if (known !== undefined) return known
  const custom = resource as CustomResource
  const lacking = (['readdir', 'readFile', 'stat'] as const).filter((name) => typeof custom[name] !== 'function')
  if (lacking.length > 0) {
    throw new TypeError(`a resource written in JavaScript needs readdir(), readFile() and stat(); missing: ${lacking.join(', ')}`)
  }
  const target = addTarget(new CustomTarget(custom) as unknown as Target)
  const handle = native.NativeResource.fromJs(custom.kind ?? 'js', custom.prompt, target, abilities(custom))
  bridged.set(resource, handle)
  return handle
}
