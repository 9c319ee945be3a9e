/** {@link toVfsProvider}: the workspace for Node's own `node:vfs`, where the runtime has it. */
import fs from 'node:fs'

import { showWhole } from './doors.js'
import type { Fn } from './types.js'
import { nativeOf, type Workspace } from '../workspace.js'

/** `node:vfs` as far as it is used here (Node 26.4 and newer, with `--experimental-vfs`). */
interface NodeVfs {
  VirtualProvider: new () => object
}

/** Operations of one path, and of two. */
const ONE_PATH = [
  'access',
  'appendFile',
  'lstat',
  'mkdir',
  'readFile',
  'readdir',
  'readlink',
  'rmdir',
  'stat',
  'unlink',
  'writeFile',
] as const
const TWO_PATHS = ['copyFile', 'link', 'rename'] as const

/** Operations of an open file, by Node's name of the function that takes a descriptor. */
const FILE = {
  appendFile: 'appendFile',
  chmod: 'fchmod',
  chown: 'fchown',
  readFile: 'readFile',
  stat: 'fstat',
  truncate: 'ftruncate',
  utimes: 'futimes',
  writeFile: 'writeFile',
} as const

const functions = fs as unknown as Record<string, Fn>
const promises = fs.promises as unknown as Record<string, Fn>

function byCallback(name: string, ...args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    functions[name]?.(...args, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)))
  })
}

/** An open file, as `node:vfs` wants one. */
class ProviderFile {
  readonly path: string
  readonly flags: unknown
  readonly mode: unknown
  readonly #fd: number
  #closed = false

  constructor(fd: number, path: string, flags: unknown, mode: unknown) {
    this.#fd = fd
    this.path = path
    this.flags = flags
    this.mode = mode
  }

  get closed(): boolean {
    return this.#closed
  }

  readSync(buffer: NodeJS.ArrayBufferView, offset: number, length: number, position: number | null): number {
    return fs.readSync(this.#fd, buffer, offset, length, position ?? null)
  }

  async read(buffer: NodeJS.ArrayBufferView, offset: number, length: number, position: number | null): Promise<object> {
    return { bytesRead: await byCallback('read', this.#fd, buffer, offset, length, position ?? null), buffer }
  }

  writeSync(buffer: NodeJS.ArrayBufferView, offset: number, length: number, position: number | null): number {
    return fs.writeSync(this.#fd, buffer, offset, length, position ?? null)
  }

  async write(data: NodeJS.ArrayBufferView | string, ...rest: (number | null | undefined)[]): Promise<object> {
    const text = typeof data === 'string'
    const bytes = text ? Buffer.from(data) : data
    const [offset, length, position] = text ? [0, bytes.byteLength, rest[0]] : rest
    const from = offset ?? 0
    const count = length ?? bytes.byteLength - from
    return { bytesWritten: await byCallback('write', this.#fd, bytes, from, count, position ?? null), buffer: data }
  }

  async readv(buffers: NodeJS.ArrayBufferView[], position: number | null): Promise<object> {
    return { bytesRead: await byCallback('readv', this.#fd, buffers, position ?? null), buffers }
  }

  async writev(buffers: NodeJS.ArrayBufferView[], position: number | null): Promise<object> {
    return { bytesWritten: await byCallback('writev', this.#fd, buffers, position ?? null), buffers }
  }

  async sync(): Promise<void> {
    await byCallback('fsync', this.#fd)
  }

  async datasync(): Promise<void> {
    await byCallback('fdatasync', this.#fd)
  }

  closeSync(): void {
    if (this.#closed) return
    this.#closed = true
    fs.closeSync(this.#fd)
  }

  async close(): Promise<void> {
    this.closeSync()
  }

  /** @internal */
  run(name: string, args: unknown[]): unknown {
    return functions[name]?.(this.#fd, ...args)
  }

  /** @internal */
  later(name: string, args: unknown[]): Promise<unknown> {
    const given = args.filter((a) => a !== undefined)
    return byCallback(name, this.#fd, ...given)
  }
}
for (const [name, below] of Object.entries(FILE)) {
  Object.assign(ProviderFile.prototype, {
    [`${name}Sync`](this: ProviderFile, ...args: unknown[]) {
      return this.run(`${below}Sync`, args)
    },
    [name](this: ProviderFile, ...args: unknown[]) {
      return this.later(below, args)
    },
  })
}

const shown = new WeakMap<Workspace, string>()
let last = 0

/** The directory below which node:fs shows the whole workspace, until it closes. Nobody else can use it. */
function prefixOf(ws: Workspace): string {
  const known = shown.get(ws)
  if (known !== undefined) return known
  // Nothing can lie below /dev/null.
  const prefix = `/dev/null/mirage/${++last}`
  const door = showWhole(nativeOf(ws), prefix)
  const forget = ws.onMounts(
    () => {},
    () => {
      forget()
      shown.delete(ws)
      door.remove()
    },
  )
  shown.set(ws, prefix)
  return prefix
}

/** Errors name the path inside the provider, as those of Node's own providers do. */
function named(error: unknown, prefix: string): unknown {
  const e = error as NodeJS.ErrnoException & { dest?: string }
  if (typeof e?.path === 'string') e.path = e.path.replace(prefix, '')
  if (typeof e?.dest === 'string') e.dest = e.dest.replace(prefix, '')
  if (typeof e?.message === 'string') e.message = e.message.replaceAll(prefix, '')
  return error
}

/**
 * A provider of `node:vfs` over the workspace: `vfs.create(toVfsProvider(ws)).mount()`, or `vfs.registerProvider`. Paths inside
 * are the workspace's. Node 26.4 or newer, started with `--experimental-vfs`; it throws where there is no `node:vfs`.
 */
export function toVfsProvider(ws: Workspace): object {
  const load = (process as unknown as { getBuiltinModule?: (name: string) => NodeVfs | undefined }).getBuiltinModule
  const vfs = load?.('node:vfs')
  if (vfs === undefined) {
    throw new Error(`node:vfs is not available on Node ${process.versions.node}: it needs 26.4 or newer, started with --experimental-vfs`)
  }
  const prefix = prefixOf(ws)
  const now = (f: () => unknown): unknown => {
    try {
      return f()
    } catch (error) {
      throw named(error, prefix)
    }
  }
  const later = async (f: () => unknown): Promise<unknown> => {
    try {
      return await f()
    } catch (error) {
      throw named(error, prefix)
    }
  }
  const at = (path: string): string => prefix + path
  const methods: Record<string, Fn> = {
    openSync: (path: string, flags?: string, mode?: number) =>
      now(() => new ProviderFile(fs.openSync(at(path), flags ?? 'r', mode), path, flags, mode)),
    open: (path: string, flags?: string, mode?: number) =>
      later(async () => new ProviderFile((await byCallback('open', at(path), flags ?? 'r', mode ?? 0o666)) as number, path, flags, mode)),
    existsSync: (path: string) => fs.existsSync(at(path)),
    exists: async (path: string) => fs.existsSync(at(path)),
    realpathSync: (path: string, options?: never) => now(() => fs.realpathSync.native(at(path), options)),
    realpath: (path: string, options?: never) => later(() => fs.promises.realpath(at(path), options)),
    symlinkSync: (target: string, path: string) => now(() => fs.symlinkSync(target, at(path))),
    symlink: (target: string, path: string) => later(() => fs.promises.symlink(target, at(path))),
    lchownSync: (path: string, uid: number, gid: number) => now(() => fs.lchownSync(at(path), uid, gid)),
  }
  for (const name of ONE_PATH) {
    methods[`${name}Sync`] = (path: string, ...args: unknown[]) => now(() => functions[`${name}Sync`]?.(at(path), ...args))
    methods[name] = (path: string, ...args: unknown[]) => later(() => promises[name]?.(at(path), ...args))
  }
  for (const name of TWO_PATHS) {
    methods[`${name}Sync`] = (a: string, b: string, ...args: unknown[]) => now(() => functions[`${name}Sync`]?.(at(a), at(b), ...args))
    methods[name] = (a: string, b: string, ...args: unknown[]) => later(() => promises[name]?.(at(a), at(b), ...args))
  }
  const provider = new (class WorkspaceProvider extends vfs.VirtualProvider {
    get readonly(): boolean {
      return ws.mounts().every((m) => m.mode === 'read')
    }
    get supportsSymlinks(): boolean {
      return true
    }
  })()
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(provider, name, { value, configurable: true, writable: true })
  return provider
}
