/** {@link Vfs}: a tree in memory under a directory's name, for as long as a test needs it. */
import fs from 'node:fs'
import { posix } from 'node:path'

import { MountMode, type MountSpec, patchNodeFs, RAMResource, Workspace } from '@mirage/node-native'

/**
 * Files by name: text or bytes for a file, an object for a directory, `null` for an empty directory. A name may be a path
 * (`'src/index.ts'`), and an absolute one must lie in a mount.
 */
export interface FileTree {
  readonly [name: string]: string | Uint8Array | FileTree | null
}

/** Options of `createVfs`. */
export interface VfsOptions {
  /** Where the files are mounted; `/vfs` if left out. What the machine has there is hidden meanwhile. */
  root?: string
  /** Further mounts, by prefix. */
  mounts?: Record<string, MountSpec>
  /** Whether `createRequire`, `import` of Node's own and worker threads learn the mounts too; see `patchNodeFs`. `false` if left out. */
  modules?: boolean
}

/** A mounted tree. */
export class Vfs implements AsyncDisposable {
  /** The directory it is mounted at. */
  readonly root: string
  /** The workspace behind it: its shell, its `ws.fs`, its other mounts. */
  readonly ws: Workspace
  readonly #initial: FileTree
  #restore: (() => void) | undefined

  /** @internal */
  constructor(files: FileTree, options: VfsOptions) {
    this.root = posix.resolve('/', options.root ?? '/vfs')
    this.ws = new Workspace(
      { [this.root]: [new RAMResource(), MountMode.WRITE], ...options.mounts },
      { mode: MountMode.WRITE, cwd: this.root },
    )
    this.#initial = files
    this.#restore = patchNodeFs(this.ws, { modules: options.modules === true })
    try {
      this.write(files)
    } catch (error) {
      this.#restore()
      throw error
    }
  }

  /** A path below the root. */
  path(...parts: string[]): string {
    return posix.resolve(this.root, ...parts)
  }

  /** Adds files; directories on the way are made. */
  write(files: FileTree): void {
    this.#write(this.root, files)
  }

  #write(dir: string, files: FileTree): void {
    for (const [name, content] of Object.entries(files)) {
      const path = posix.resolve(dir, name)
      if (!this.#owns(path)) throw new Error(`${path} is not in a mount; the files are at ${this.root}`)
      if (content === null) fs.mkdirSync(path, { recursive: true })
      else if (typeof content === 'string' || content instanceof Uint8Array) {
        fs.mkdirSync(posix.dirname(path), { recursive: true })
        fs.writeFileSync(path, content)
      } else {
        fs.mkdirSync(path, { recursive: true })
        this.#write(path, content)
      }
    }
  }

  #owns(path: string): boolean {
    return this.ws.mounts().some((m) => m.resource !== undefined && `${path}/`.startsWith(m.prefix))
  }

  /** Back to the files that it was made with. Directories that are watched or open stay so. */
  reset(): void {
    for (const name of fs.readdirSync(this.root)) fs.rmSync(posix.join(this.root, name), { recursive: true, force: true })
    this.write(this.#initial)
  }

  /** Every file below a directory with its text, by absolute path; an empty directory is `null`. */
  toJSON(dir: string = this.root): Record<string, string | null> {
    const found: [string, string | null][] = []
    const pending = [posix.resolve(this.root, dir)]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const entries = fs.readdirSync(at, { withFileTypes: true })
      if (entries.length === 0 && at !== this.root) found.push([at, null])
      for (const entry of entries) {
        const path = posix.join(at, entry.name)
        if (entry.isDirectory()) pending.push(path)
        else found.push([path, fs.readFileSync(path, 'utf8')])
      }
    }
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Takes the mount out of `node:fs`; the tree stays usable through {@link ws}. */
  restore(): void {
    this.#restore?.()
    this.#restore = undefined
  }

  /** Restores `node:fs` and closes the workspace. */
  async close(): Promise<void> {
    this.restore()
    await this.ws.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A tree without a test runner's help: it lasts until `close`. */
export const createVfs = (files: FileTree, options: VfsOptions): Vfs => new Vfs(files, options)
