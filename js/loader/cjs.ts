/**
 * `require` where Node's hooks do not reach it: all of it on Node 20, `require.resolve` on Node 22, and the loading of native addons.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import Module from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join, resolve as absolute } from 'node:path'

import { errors } from './errors.js'
import { formatOf } from './format.js'
import { owned } from './mounts.js'
import { type Requirer, resolveRequire } from './resolve.js'
import { kindOf } from './tree.js'

interface Parent {
  filename?: string | null
  id?: string
  parent?: Parent | null
}

type ResolveFilename = (
  request: string,
  parent?: Parent | null,
  isMain?: boolean,
  options?: { paths?: unknown; conditions?: unknown },
) => string
type Compile = (source: string, filename: string, format?: string) => unknown
type Extension = (module: { _compile: Compile }, filename: string) => unknown

/** The undocumented parts of `node:module` that every tool of this kind stands on. */
const loader = Module as unknown as {
  _resolveFilename: ResolveFilename
  _extensions: Record<string, Extension>
}

/** The endings that `require` tries now. */
export const extensions = (): string[] => Object.keys(loader._extensions)

let conditions: ReadonlySet<string> | undefined

/** The conditions of `require`, with those that the user gave Node. */
function requireConditions(): ReadonlySet<string> {
  if (conditions !== undefined) return conditions
  const set = new Set(['require', 'node', 'node-addons'])
  if ((process.features as { require_module?: boolean }).require_module === true) set.add('module-sync')
  const flags = [...(process.env.NODE_OPTIONS ?? '').split(/\s+/), ...process.execArgv]
  flags.forEach((flag, i) => {
    const given = /^(?:--conditions|-C)=(.*)$/.exec(flag)?.[1] ?? (flag === '--conditions' || flag === '-C' ? flags[i + 1] : undefined)
    if (given !== undefined && given !== '') set.add(given)
    if (flag === '--no-addons') set.delete('node-addons')
  })
  return (conditions = set)
}

function requireStack(parent: Parent | null | undefined): string[] {
  const stack: string[] = []
  for (let at = parent; at !== null && at !== undefined && stack.length < 1000; at = at.parent) {
    const name = at.filename ?? at.id
    if (typeof name === 'string') stack.push(name)
  }
  return stack
}

/** Where `request` leads from each of the given starting points. */
function lookUp(request: string, parent: Parent | null | undefined, paths: unknown, given: unknown): string | undefined {
  const rest = {
    extensions: extensions(),
    conditions: given instanceof Set ? (given as Set<string>) : requireConditions(),
  }
  const bases: Requirer['base'][] = Array.isArray(paths)
    ? paths.filter((path) => typeof path === 'string').map((path) => `${absolute(path)}/`)
    : [parent?.filename ?? undefined]
  for (const base of bases) {
    const resolved = resolveRequire(request, { base, ...rest })
    if (resolved !== undefined) return 'builtin' in resolved ? resolved.builtin : resolved.path
  }
  return undefined
}

/** Puts `ours` in the place of `object[name]`; what comes back puts the old one there again, unless somebody else has replaced it since. */
function replace<T extends object, K extends keyof T>(object: T, name: K, ours: T[K]): () => void {
  const original = object[name]
  object[name] = ours
  return () => {
    // Theirs goes on to ours, which passes everything through once nothing is mounted.
    if (object[name] === ours) object[name] = original
  }
}

/** Puts our part into `Module._resolveFilename`. */
function patchResolve(): () => void {
  const original = loader._resolveFilename
  return replace(loader, '_resolveFilename', function (this: unknown, request, parent, isMain, options) {
    if (typeof request === 'string') {
      const path = lookUp(request, parent, options?.paths, options?.conditions)
      if (path !== undefined) return path
    }
    const found = original.call(this, request, parent, isMain, options)
    // Node's resolver does not see mounts, but may see what lies on the disk beneath one.
    if (typeof found === 'string' && owned(found) && kindOf(found) !== 'file') throw errors.requireNotFound(request, requireStack(parent))
    return found
  })
}

/**
 * On Node 20 the type of a `.js` file comes from a manifest that only Node's own reader sees: not one in a mount. And what an ES module
 * that is required imports in its turn is resolved where no hook reaches.
 */
function patchScripts(): () => void {
  const original = loader._extensions['.js'] as Extension
  return replace(loader._extensions, '.js', function (this: unknown, module, filename) {
    if (!owned(filename)) return original.call(this, module, filename)
    try {
      const format = formatOf(filename)
      if (format === undefined) return original.call(this, module, filename)
      return module._compile(readFileSync(filename, 'utf8'), filename, format)
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== 'ERR_MODULE_NOT_FOUND') throw error
      throw errors.requireOfModule(filename, error)
    }
  })
}

/** The system loads a native addon from a file of its own: one in a mount is put into a temporary file for the moment of loading. */
function patchAddons(): () => void {
  const original = process.dlopen as (...args: unknown[]) => void
  return replace(process, 'dlopen', function (this: unknown, module: object, filename: string, ...flags: unknown[]): void {
    const load = (path: string): void => original.call(process, module, path, ...flags)
    const place = [tmpdir(), '/dev/shm', '/var/tmp', '/tmp'].find((dir) => !owned(dir) && kindOf(dir) === 'directory')
    if (typeof filename !== 'string' || !owned(filename) || place === undefined) return load(filename)
    const dir = mkdtempSync(join(place, 'mirage-addon-'))
    try {
      const copy = join(dir, basename(filename))
      writeFileSync(copy, readFileSync(filename), { mode: 0o700 })
      load(copy)
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
}

/** Teaches `require` the mounts; what comes back undoes it. */
export function patchRequire(): () => void {
  const undo = [patchResolve(), patchAddons(), ...('registerHooks' in Module ? [] : [patchScripts()])]
  return () => {
    for (const back of undo.reverse()) back()
  }
}
