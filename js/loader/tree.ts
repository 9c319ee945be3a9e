/**
 * What resolution asks of the file system. It asks `node:fs` as it is patched, so that a walk from a mount up to the root of the
 * machine, or from the machine into a mount, needs no cases of its own.
 */
import fs from 'node:fs'

import { errors } from './errors.js'

/** What is at a path. */
export type Kind = 'file' | 'directory' | undefined

/** Answers that mean "nothing a module could be". Everything else (a backend that fails) is the caller's to see. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'])

const absent = (error: unknown): boolean => ABSENT.has(String((error as { code?: unknown } | null)?.code))

/** What is at `path`, links followed. */
export function kindOf(path: string): Kind {
  const stat = statOf(path)
  if (stat === undefined) return undefined
  return stat.isDirectory() ? 'directory' : 'file'
}

/** `path` with its links followed. */
export const realPath = (path: string): string => fs.realpathSync(path)

/** The parts of a `package.json` that resolution reads. */
export interface Manifest {
  /** The package's directory, ending in `/`. */
  readonly dir: string
  readonly name: string | undefined
  readonly main: string | undefined
  readonly type: 'module' | 'commonjs' | undefined
  readonly exports: unknown
  readonly imports: Readonly<Record<string, unknown>> | undefined
}

/** What is at `path`, or nothing that a module could be. */
function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (absent(error)) return undefined
    throw error
  }
}

/** The manifest that is written at `path`; `undefined` when it cannot be read. */
function read(path: string, dir: string, asker: string | undefined): Manifest | undefined {
  let json: unknown
  try {
    json = JSON.parse(fs.readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    if (error instanceof SyntaxError) throw errors.badConfig(path, asker, error.message)
    if (absent(error)) return undefined
    throw error
  }
  const fields = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const field = (key: string): string | undefined => (typeof fields[key] === 'string' ? (fields[key] as string) : undefined)
  const { type, imports } = fields
  return {
    dir,
    name: field('name'),
    main: field('main'),
    type: type === 'module' || type === 'commonjs' ? type : undefined,
    exports: fields.exports,
    imports: typeof imports === 'object' && imports !== null && !Array.isArray(imports) ? (imports as Record<string, unknown>) : undefined,
  }
}

/** Every file of a package asks for its manifest, which may be long. */
const manifests = new Map<string, { stat: fs.Stats; manifest: Manifest }>()
const KEPT = 500

const same = (a: fs.Stats, b: fs.Stats): boolean =>
  a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size && a.ino === b.ino && a.dev === b.dev

/** The manifest in `dir` (which ends in `/`), if there is one. `asker` says who asked, for the error. */
export function manifestIn(dir: string, asker?: string): Manifest | undefined {
  const path = `${dir}package.json`
  const stat = statOf(path)
  if (stat === undefined || stat.isDirectory()) return undefined
  const known = manifests.get(path)
  if (known !== undefined && same(known.stat, stat)) return known.manifest
  const manifest = read(path, dir, asker)
  if (manifest === undefined) return undefined
  // The oldest goes first.
  if (known === undefined && manifests.size >= KEPT) for (const oldest of manifests.keys()) if (manifests.delete(oldest)) break
  manifests.set(path, { stat, manifest })
  return manifest
}

/** The directories above `path`, nearest first; each ends in `/`. */
export function* above(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    yield path.slice(0, end + 1)
    if (end === 0) return
  }
}

/** The manifest that governs the file `path`: the nearest one above, not beyond a `node_modules`. */
export function scopeOf(path: string): Manifest | undefined {
  for (const dir of above(path)) {
    if (dir.endsWith('/node_modules/')) return undefined
    const manifest = manifestIn(dir)
    if (manifest !== undefined) return manifest
  }
  return undefined
}
