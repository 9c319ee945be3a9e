/** Resolution of modules where a mount has a say; everywhere else the answer is `undefined`, and Node's own resolver is asked. */
import { isBuiltin } from 'node:module'
import { dirname, resolve as join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { errors } from './errors.js'
import { any, owned, touched } from './mounts.js'
import { type Asker, candidates, exported, imported, inPackage, itself, splitName, type Target } from './package.js'
import { above, kindOf, manifestIn, realPath, scopeOf } from './tree.js'

/** What became of a specifier: a file, or a module that Node has built in. */
export type Resolved = { readonly path: string; readonly search: string } | { readonly builtin: string }

const isPath = (specifier: string): boolean => /^(?:\.{0,2}\/|\.{1,2}$)/.test(specifier)

let preserve: boolean | undefined

/** Whether links are kept as they are (`--preserve-symlinks`). */
function preservesLinks(): boolean {
  preserve ??= [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].includes('--preserve-symlinks')
  return preserve
}

const real = (path: string): string => (preservesLinks() ? path : realPath(path))

/** Whether a package asked for from `base` could come from a mount. */
function packageTouches(name: string, base: string): boolean {
  if (owned(base)) return true
  for (const dir of candidates(base, name)) if (touched(dir)) return true
  return false
}

/** Whether one of the directories above `base` lies beside a mount: then its `imports` may lead into it. */
function scopeTouches(base: string): boolean {
  for (const dir of above(base)) if (dir !== '/' && touched(dir)) return true
  return owned(base)
}

/** The file that a URL names, checked as `import` does: it must be there and must not be a directory. */
function finish(target: Target, asker: Asker): Resolved {
  if ('builtin' in target) return target
  const { url } = target
  if (/%2f|%5c/i.test(url.pathname)) {
    throw errors.badSpecifier(url.pathname, 'must not include encoded "/" or "\\" characters', asker.base)
  }
  const path = fileURLToPath(url)
  const kind = path.endsWith('/') ? 'directory' : kindOf(path)
  if (kind === 'directory') throw errors.directory(path, asker.base, url.href)
  if (kind === undefined) throw errors.moduleNotFound(path, asker.base, url.href)
  return { path: real(path), search: url.search + url.hash }
}

/**
 * Where `import specifier` leads.
 *
 * @param specifier as written
 * @param parent URL of the importing module; `undefined` for the entry point
 * @param conditions the conditions of `exports` and `imports`
 * @throws errors of Node's shape when the mounts are responsible and have no answer
 */
export function resolveImport(specifier: string, parent: string | undefined, conditions: ReadonlySet<string>): Resolved | undefined {
  if (!any()) return undefined
  const base = parent?.startsWith('file:') === true ? fileURLToPath(parent) : undefined
  const asker: Asker = { base, conditions }
  if (isPath(specifier) || specifier.startsWith('file:')) {
    if (!URL.canParse(specifier, parent)) return undefined
    const url = new URL(specifier, parent)
    if (url.protocol !== 'file:' || url.host !== '') return undefined
    let path: string
    try {
      path = fileURLToPath(url)
    } catch {
      return undefined
    }
    return owned(path) ? finish({ url }, asker) : undefined
  }
  if (specifier.startsWith('#')) {
    return base !== undefined && scopeTouches(base) ? finish(imported(specifier, asker), asker) : undefined
  }
  if (URL.canParse(specifier) || isBuiltin(specifier)) return undefined
  const parsed = splitName(specifier)
  const from = base ?? (parent === undefined ? `${process.cwd()}/` : undefined)
  if (parsed === undefined || from === undefined || !packageTouches(parsed.name, from)) return undefined
  return finish(inPackage(specifier, asker), asker)
}

/** What `require` needs to know beyond an {@link Asker}. */
export interface Requirer extends Asker {
  /** Endings that are tried, such as `.js`. */
  readonly extensions: readonly string[]
}

const isFile = (path: string): boolean => kindOf(path) === 'file'

const withEnding = (path: string, extensions: readonly string[]): string | undefined =>
  extensions.map((ending) => path + ending).find(isFile)

/** A directory as `require` takes it: what `main` says, else `index`. */
function directory(path: string, request: string, { extensions }: Requirer): string | undefined {
  const dir = path.endsWith('/') ? path : `${path}/`
  const main = manifestIn(dir)?.main
  const index = (): string | undefined => withEnding(`${dir}index`, extensions)
  if (main === undefined || main === '') return index()
  const wanted = join(dir, main)
  const found =
    (isFile(wanted) ? wanted : undefined) ?? withEnding(wanted, extensions) ?? withEnding(`${wanted}/index`, extensions) ?? index()
  if (found === undefined) throw errors.badMain(wanted, `${dir}package.json`, request)
  return found
}

/** A path as `require` takes it: the file, the file with an ending, the directory. */
function asPath(path: string, request: string, requirer: Requirer): string | undefined {
  const slashed = /(?:^|\/)\.{0,2}$/.test(request)
  if (!slashed) {
    const file = isFile(path) ? path : withEnding(path, requirer.extensions)
    if (file !== undefined) return file
  }
  return kindOf(path) === 'directory' ? directory(path, request, requirer) : undefined
}

/** The file that a target of `exports` or `imports` names, for `require`. */
function required(target: Target, manifest: string): Resolved {
  if ('builtin' in target) return target
  if (/%2f|%5c/i.test(target.url.pathname)) {
    throw errors.badSpecifier(target.url.pathname, 'must not include encoded "/" or "\\" characters', manifest)
  }
  const path = fileURLToPath(target.url)
  if (!isFile(path)) throw Object.assign(errors.requireNotFound(path, []), { path: manifest })
  return { path: real(path), search: '' }
}

/**
 * Where `require(request)` leads.
 *
 * @param request as written
 * @param requirer who asks; `base` is a path (also one that only names a directory with a final `/`)
 * @returns `undefined` when the mounts have no say, or nothing
 */
export function resolveRequire(request: string, requirer: Requirer): Resolved | undefined {
  if (!any() || request === '' || isBuiltin(request)) return undefined
  const base = requirer.base ?? `${process.cwd()}/`
  const found = (path: string | undefined): Resolved | undefined => (path === undefined ? undefined : { path: real(path), search: '' })
  if (isPath(request)) {
    const path = join(base.endsWith('/') ? base : dirname(base), request)
    return touched(path) ? found(asPath(path, request, requirer)) : undefined
  }
  if (request.startsWith('#')) {
    const scope = scopeTouches(base) ? scopeOf(base) : undefined
    if (scope?.imports === undefined) return undefined
    try {
      return required(imported(request, requirer, scope), base)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
      throw errors.requireNotFound(request, [])
    }
  }
  const parsed = splitName(request)
  const name = parsed?.name ?? request
  if (!packageTouches(name, base)) return undefined
  const own = parsed === undefined ? undefined : itself(parsed, requirer)
  if (own !== undefined) return required(own, base)
  for (const dir of candidates(base, name)) {
    if (parsed === undefined) {
      const path = asPath(dir.slice(0, -1), request, requirer)
      if (path !== undefined) return found(path)
      continue
    }
    // A file right in node_modules (`node_modules/x.js`) is a module too, for `require`.
    const isDirectory = kindOf(dir) === 'directory'
    const manifest = isDirectory ? manifestIn(dir) : undefined
    if (manifest?.exports !== undefined && manifest.exports !== null) {
      return required(exported(manifest, parsed.subpath, { ...requirer, base: undefined }), `${dir}package.json`)
    }
    const path = asPath(parsed.subpath === '.' ? dir.slice(0, -1) : join(dir, parsed.subpath), request, requirer)
    if (path !== undefined) return found(path)
  }
  return undefined
}

/** The URL of what was found, in a form that `import` takes. */
export function urlOf(resolved: Resolved): string {
  if ('builtin' in resolved) return resolved.builtin.startsWith('node:') ? resolved.builtin : `node:${resolved.builtin}`
  return pathToFileURL(resolved.path).href + resolved.search
}
