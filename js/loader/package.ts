/** Packages: names, `exports`, `imports`, `main`. After the resolution algorithm in Node's documentation of ES modules. */
import { isBuiltin } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { errors } from './errors.js'
import { above, kindOf, type Manifest, manifestIn, scopeOf } from './tree.js'

/** One question: who asks, and under which conditions. */
export interface Asker {
  /** Path of the module that asks; `undefined` for the entry point. */
  readonly base: string | undefined
  readonly conditions: ReadonlySet<string>
}

/** A target inside a package: a file (as a URL, since targets are percent-encoded), or another specifier. */
export type Target = { readonly url: URL } | { readonly builtin: string }

/** Whether a path has a segment that would leave a package, also when it is percent-encoded. */
function escapes(path: string): boolean {
  const plain = path.replace(/%[0-9a-f]{2}/gi, (hex) => {
    const char = String.fromCharCode(parseInt(hex.slice(1), 16))
    return /[.\w]/.test(char) ? char : hex
  })
  return plain.split(/[\\/]/).some((segment) => segment === '.' || segment === '..' || segment.toLowerCase() === 'node_modules')
}

/** A package's name and the rest of the specifier as a subpath (`.` or `./…`); `undefined` when no package can have the name. */
export function splitName(specifier: string): { name: string; subpath: string } | undefined {
  let end = specifier.indexOf('/')
  if (specifier.startsWith('@')) {
    if (end === -1) return undefined
    end = specifier.indexOf('/', end + 1)
  }
  const name = end === -1 ? specifier : specifier.slice(0, end)
  if (name === '' || name.startsWith('.') || /[\\%]/.test(name)) return undefined
  return { name, subpath: `.${specifier.slice(name.length)}` }
}

/** The `node_modules/NAME/` directories that an importer at `base` looks into, nearest first. */
export function* candidates(base: string, name: string): Generator<string> {
  for (const dir of above(base)) {
    if (!dir.endsWith('/node_modules/')) yield `${dir}node_modules/${name}/`
  }
}

function isMain(manifest: Manifest, asker: Asker): boolean {
  const { exports } = manifest
  if (typeof exports === 'string' || Array.isArray(exports)) return true
  if (typeof exports !== 'object' || exports === null) return false
  const keys = Object.keys(exports)
  const dotted = keys.filter((key) => key.startsWith('.')).length
  if (dotted !== 0 && dotted !== keys.length) {
    const reason =
      '"exports" cannot contain some keys starting with \'.\' and some not. The exports object must either be an object of package subpath keys or an object of main entry condition name keys only.'
    throw errors.badConfig(`${manifest.dir}package.json`, urlOf(asker.base), reason)
  }
  return dotted === 0
}

/** What `exports` gives for `subpath`. */
export function exported(manifest: Manifest, subpath: string, asker: Asker): Target {
  const map = isMain(manifest, asker) ? { '.': manifest.exports } : (manifest.exports as Record<string, unknown>)
  const found = typeof map === 'object' && map !== null ? matched(manifest, map, subpath, false, asker) : undefined
  if (found === undefined || found === null) throw errors.notExported(manifest.dir, subpath, asker.base)
  return found
}

/** What the importer's own `imports` gives for `#…`. */
export function imported(specifier: string, asker: Asker, scope = asker.base === undefined ? undefined : scopeOf(asker.base)): Target {
  if (specifier === '#' || specifier.endsWith('/')) {
    throw errors.badSpecifier(specifier, 'is not a valid internal imports specifier name', asker.base)
  }
  const found = scope?.imports === undefined ? undefined : matched(scope, scope.imports, specifier, true, asker)
  if (found === undefined || found === null) throw errors.notImported(specifier, scope?.dir, asker.base)
  return found
}

const urlOf = (path: string | undefined): string | undefined => (path === undefined ? undefined : pathToFileURL(path).href)

/** Longer literal parts first, as the algorithm's PATTERN_KEY_COMPARE. */
function byPattern(a: string, b: string): number {
  const [baseA, baseB] = [a.indexOf('*') + 1, b.indexOf('*') + 1]
  return baseB - baseA || b.length - a.length
}

function matched(
  manifest: Manifest,
  map: Readonly<Record<string, unknown>>,
  key: string,
  isImports: boolean,
  asker: Asker,
): Target | null | undefined {
  if (key.endsWith('/')) return undefined
  if (Object.hasOwn(map, key) && !key.includes('*')) return target(manifest, map[key], undefined, key, isImports, asker, 0)
  const patterns = Object.keys(map).filter((k) => {
    const star = k.indexOf('*')
    if (star === -1 || k.includes('*', star + 1)) return false
    return key.length >= k.length && key.startsWith(k.slice(0, star)) && key.endsWith(k.slice(star + 1))
  })
  const best = patterns.sort(byPattern)[0]
  if (best === undefined) return undefined
  const star = best.indexOf('*')
  const fill = key.slice(star, key.length - (best.length - star - 1))
  return target(manifest, map[best], fill, best, isImports, asker, 0)
}

/** Deeper conditions than anybody writes by hand; deeper ones would overflow the stack. */
const DEPTH = 500

function target(
  manifest: Manifest,
  value: unknown,
  fill: string | undefined,
  key: string,
  isImports: boolean,
  asker: Asker,
  depth: number,
): Target | null | undefined {
  if (depth > DEPTH) throw errors.badConfig(`${manifest.dir}package.json`, urlOf(asker.base), 'Conditions are nested too deeply.')
  if (typeof value === 'string') return file(manifest, value, fill, key, isImports, asker)
  if (value === null) return null
  if (Array.isArray(value)) {
    let last: unknown = null
    for (const item of value) {
      try {
        const found = target(manifest, item, fill, key, isImports, asker, depth + 1)
        if (found === undefined) continue
        if (found === null) last = null
        else return found
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ERR_INVALID_PACKAGE_TARGET') throw error
        last = error
      }
    }
    if (last !== null) throw last
    return null
  }
  if (typeof value !== 'object') throw errors.badTarget(manifest.dir, key, value, isImports, asker.base)
  const names = Object.keys(value as object)
  if (names.some((name) => String(Number(name)) === name && Number(name) >= 0)) {
    throw errors.badConfig(`${manifest.dir}package.json`, urlOf(asker.base), '"exports" cannot contain numeric property keys.')
  }
  for (const name of names) {
    if (name !== 'default' && !asker.conditions.has(name)) continue
    const found = target(manifest, (value as Record<string, unknown>)[name], fill, key, isImports, asker, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function file(
  manifest: Manifest,
  value: string,
  fill: string | undefined,
  key: string,
  isImports: boolean,
  asker: Asker,
): Target | undefined {
  const filled = (text: string): string => (fill === undefined ? text : text.replaceAll('*', () => fill))
  if (!value.startsWith('./')) {
    if (!isImports || value.startsWith('../') || value.startsWith('/') || URL.canParse(value)) {
      throw errors.badTarget(manifest.dir, key, value, isImports, asker.base)
    }
    const specifier = filled(value)
    if (isBuiltin(specifier)) return { builtin: specifier }
    // A target of `imports` may be a package, looked for from the package that names it.
    return inPackage(specifier, { ...asker, base: `${manifest.dir}package.json` })
  }
  if (escapes(value.slice(2))) throw errors.badTarget(manifest.dir, key, value, isImports, asker.base)
  if (fill !== undefined && escapes(fill)) {
    const request = key.replace('*', () => fill)
    throw errors.badSpecifier(
      request,
      `request is not a valid match in pattern "${key}" for the "${isImports ? 'imports' : 'exports'}" resolution of ${manifest.dir}package.json`,
      asker.base,
    )
  }
  return { url: new URL(filled(value), pathToFileURL(manifest.dir)) }
}

/** Where a bare specifier leads, for `import`. */
export function inPackage(specifier: string, asker: Asker): Target {
  const parsed = splitName(specifier)
  if (parsed === undefined) throw errors.badSpecifier(specifier, 'is not a valid package name', asker.base)
  const own = itself(parsed, asker)
  if (own !== undefined) return own
  for (const dir of candidates(asker.base ?? `${process.cwd()}/`, parsed.name)) {
    if (kindOf(dir) !== 'directory') continue
    const manifest = manifestIn(dir, asker.base === undefined ? undefined : `"${specifier}" from ${asker.base}`)
    if (manifest?.exports !== undefined && manifest.exports !== null) return exported(manifest, parsed.subpath, asker)
    if (parsed.subpath === '.') return { url: pathToFileURL(mainOf(dir, manifest, asker)) }
    return { url: new URL(parsed.subpath, pathToFileURL(dir)) }
  }
  throw errors.packageNotFound(parsed.name, asker.base)
}

/** A package that asks for itself by its name, if it has `exports`. */
export function itself(parsed: { name: string; subpath: string }, asker: Asker): Target | undefined {
  const scope = asker.base === undefined ? undefined : scopeOf(asker.base)
  if (scope === undefined || scope.exports === undefined || scope.exports === null || scope.name !== parsed.name) return undefined
  return exported(scope, parsed.subpath, asker)
}

/** The file behind `main`, as `import` looks for it. */
function mainOf(dir: string, manifest: Manifest | undefined, asker: Asker): string {
  const { main } = manifest ?? {}
  const endings = ['', '.js', '.json', '.node', '/index.js', '/index.json', '/index.node']
  const tries = main === undefined ? [] : endings.map((ending) => fileURLToPath(new URL(`./${main}${ending}`, pathToFileURL(dir))))
  const index = ['index.js', 'index.json', 'index.node'].map((name) => `${dir}${name}`)
  const found = [...tries, ...index].find((path) => kindOf(path) === 'file')
  if (found === undefined) throw errors.packageNotFound(tries[0] ?? `${dir}index.js`, asker.base)
  return found
}
