/** {@link WorkspaceFs}: the programmatic door, `ws.fs`. */
import { type Data, invalidArgument, toBytes } from './bytes.js'
import { later, native } from './native.js'
import { FileStat, type NativeStat } from './stat.js'

type Native = InstanceType<typeof native.NativeWorkspace>

/** A path as callers have it. */
export type PathLike = string | Uint8Array | URL

/** Options of {@link WorkspaceFs.readFile}. */
export interface ReadOptions {
  /** The stored bytes even where a reader would render the file as text. */
  raw?: boolean
  /** First byte. */
  offset?: number
  /** Number of bytes. */
  size?: number
}

/** Options of {@link WorkspaceFs.mkdir}. */
export interface MkdirOptions {
  /** Also make what is missing above, and accept that it is there already. */
  recursive?: boolean
  /** Permission bits. */
  mode?: number
}

function checked(path: PathLike, name = 'path'): string | Uint8Array {
  if (typeof path === 'string' || path instanceof Uint8Array) return path
  if (path instanceof URL) {
    if (path.protocol !== 'file:') throw Object.assign(new TypeError('The URL must be of scheme file'), { code: 'ERR_INVALID_URL_SCHEME' })
    return decodeURIComponent(path.pathname)
  }
  throw invalidArgument(name, 'of type string or an instance of Buffer or URL', path)
}

const textOf = (path: string | Uint8Array): string => (typeof path === 'string' ? path : Buffer.from(path).toString('utf8'))

/** The tree, as one session sees it. Paths are absolute; errors have Node's shape plus `virtualPath`. */
export class WorkspaceFs {
  readonly #native: Native
  readonly #session: string | undefined

  /** @internal */
  constructor(workspace: Native, session?: string) {
    this.#native = workspace
    this.#session = session
  }

  /** The content of a file. */
  async readFile(path: PathLike, options?: ReadOptions | null): Promise<Buffer> {
    const p = checked(path)
    const start = options?.offset
    const end = options?.size === undefined ? undefined : (start ?? 0) + options.size
    return later<Buffer>((id) => this.#native.fsRead(id, p, start, end, this.#session))
  }

  /** The content of a file as text. */
  async readFileText(path: PathLike, encoding: string = 'utf-8'): Promise<string> {
    return new TextDecoder(encoding).decode(await this.readFile(path))
  }

  /** The content of a file as text. */
  async cat(path: PathLike): Promise<string> {
    return this.readFileText(path)
  }

  /** Reads part of a file. */
  async read(path: PathLike, options?: ReadOptions | null): Promise<Buffer> {
    return this.readFile(path, options)
  }

  /** Replaces a file, creating it if need be. The data is copied: later changes to the buffer do not reach the file. */
  async writeFile(path: PathLike, data: Data): Promise<void> {
    const p = checked(path)
    await later<void>((id) => this.#native.fsWrite(id, p, typeof data === 'string' ? data : toBytes(data), this.#session))
  }

  /** The same as {@link writeFile}. */
  async write(path: PathLike, data: Data): Promise<void> {
    return this.writeFile(path, data)
  }

  /** Adds to the end of a file, creating it if need be. */
  async appendFile(path: PathLike, data: Data): Promise<void> {
    const p = checked(path)
    await later<void>((id) => this.#native.fsAppend(id, p, typeof data === 'string' ? data : toBytes(data), this.#session))
  }

  /** The same as {@link appendFile}. */
  async append(path: PathLike, data: Data): Promise<void> {
    return this.appendFile(path, data)
  }

  /** The full paths of a directory's entries, sorted. */
  async readdir(path: PathLike): Promise<string[]> {
    const base = textOf(checked(path)).replace(/\/+$/, '')
    return (await this.#entries(path)).map(([name]) => `${base}/${name}`)
  }

  /** The names of a directory's entries, sorted. */
  async listFiles(path: PathLike): Promise<string[]> {
    return (await this.#entries(path)).map(([name]) => name)
  }

  /** What is known of a path; of a link itself with `nofollow`. */
  async stat(path: PathLike, options?: { nofollow?: boolean } | null): Promise<FileStat> {
    const p = checked(path)
    const follow = options?.nofollow !== true
    return new FileStat(textOf(p).replace(/(.)\/+$/, '$1'), await this.#stat(p, follow))
  }

  /** What is known of a path, of a link itself. */
  async lstat(path: PathLike): Promise<FileStat> {
    return this.stat(path, { nofollow: true })
  }

  /** Whether something is there. */
  async exists(path: PathLike): Promise<boolean> {
    return (await this.#kind(path)) !== undefined
  }

  /** Whether a directory is there. */
  async isDir(path: PathLike): Promise<boolean> {
    return (await this.#kind(path)) === 'directory'
  }

  /** Whether a regular file is there. */
  async isFile(path: PathLike): Promise<boolean> {
    return (await this.#kind(path)) === 'file'
  }

  /** Makes a directory. With `recursive` it answers the first directory that was made. */
  async mkdir(path: PathLike, options?: MkdirOptions | null): Promise<string | undefined> {
    const p = checked(path)
    return later<string | undefined>((id) => this.#native.fsMkdir(id, p, options?.recursive === true, options?.mode, this.#session))
  }

  /** Removes a file or a link. */
  async unlink(path: PathLike): Promise<void> {
    const p = checked(path)
    await later<void>((id) => this.#native.fsUnlink(id, p, this.#session))
  }

  /** Removes an empty directory. */
  async rmdir(path: PathLike): Promise<void> {
    const p = checked(path)
    await later<void>((id) => this.#native.fsRmdir(id, p, this.#session))
  }

  /** Removes a file, or a tree with `recursive`; `force` forgives what is not there. */
  async rm(path: PathLike, options?: { recursive?: boolean; force?: boolean } | null): Promise<void> {
    const p = checked(path)
    if (options?.recursive === true) {
      await later<void>((id) => this.#native.fsRemoveAll(id, p, options.force === true, this.#session))
      return
    }
    try {
      await this.unlink(p)
    } catch (error) {
      if (options?.force === true && (error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
  }

  /** Renames a file or a tree. Between mounts it copies everything, then removes the source. */
  async rename(from: PathLike, to: PathLike): Promise<void> {
    const [a, b] = [checked(from, 'oldPath'), checked(to, 'newPath')]
    await later<void>((id) => this.#native.fsRename(id, a, b, this.#session))
  }

  /** Copies the content of one file. */
  async copyFile(from: PathLike, to: PathLike): Promise<void> {
    const [a, b] = [checked(from, 'src'), checked(to, 'dest')]
    await later<void>((id) => this.#native.fsCopy(id, a, b, this.#session))
  }

  /** Makes a symbolic link at `path` with the text `target`. */
  async symlink(target: PathLike, path: PathLike): Promise<void> {
    const [t, p] = [checked(target, 'target'), checked(path)]
    await later<void>((id) => this.#native.fsSymlink(id, t, p, this.#session))
  }

  /** Makes a hard link, where the backend has them. */
  async link(existing: PathLike, path: PathLike): Promise<void> {
    const [a, b] = [checked(existing, 'existingPath'), checked(path, 'newPath')]
    await later<void>((id) => this.#native.fsLink(id, a, b, this.#session))
  }

  /** The text of a symbolic link. */
  async readlink(path: PathLike): Promise<string> {
    const p = checked(path)
    return textOf(await later<Buffer>((id) => this.#native.fsReadlink(id, p, this.#session)))
  }

  /** The path with every link followed. */
  async realpath(path: PathLike): Promise<string> {
    const p = checked(path)
    return later<string>((id) => this.#native.fsRealpath(id, p, this.#session))
  }

  /** Cuts a file, or extends it with zeros. */
  async truncate(path: PathLike, size: number = 0): Promise<void> {
    const p = checked(path)
    await later<void>((id) => this.#native.fsTruncate(id, p, size, this.#session))
  }

  /** Changes permission bits. */
  async chmod(path: PathLike, mode: number): Promise<void> {
    await this.#setAttr(path, { mode })
  }

  /** Changes owner and group. */
  async chown(path: PathLike, uid: number, gid: number): Promise<void> {
    await this.#setAttr(path, { uid, gid })
  }

  /** Changes the times of last access and modification (seconds since the epoch, or dates). */
  async utimes(path: PathLike, atime: number | Date, mtime: number | Date): Promise<void> {
    const ms = (t: number | Date): number => (typeof t === 'number' ? t * 1000 : t.getTime())
    await this.#setAttr(path, { atimeMs: ms(atime), mtimeMs: ms(mtime) })
  }

  async #setAttr(path: PathLike, attr: { mode?: number; uid?: number; gid?: number; atimeMs?: number; mtimeMs?: number }): Promise<void> {
    const p = checked(path)
    await later<void>((id) => this.#native.fsSetAttr(id, p, attr, true, this.#session))
  }

  #stat(path: string | Uint8Array, follow: boolean): NativeStat | Promise<NativeStat> {
    return later<NativeStat>((id) => this.#native.fsStat(id, path, follow, this.#session))
  }

  async #kind(path: PathLike): Promise<string | undefined> {
    const p = checked(path)
    try {
      return (await this.#stat(p, true))[0]
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      throw error
    }
  }

  async #entries(path: PathLike): Promise<[string, string | null][]> {
    const p = checked(path)
    const flat = await later<(string | Buffer | null)[]>((id) => this.#native.fsReaddir(id, p, this.#session))
    const entries: [string, string | null][] = []
    for (let i = 0; i < flat.length; i += 2) {
      entries.push([textOf(flat[i] as string | Buffer), flat[i + 1] as string | null])
    }
    return entries
  }
}
