/**
 * The hooks of Node's module loader. Only `resolve` is ours: Node's own `load` reads through the patched `node:fs`, and with it come
 * import attributes, WebAssembly, stripped types, source maps, and whatever other loaders do, in all versions.
 */
import { fileURLToPath } from 'node:url'

import { errors } from './errors.js'
import { formatOf } from './format.js'
import { owned } from './mounts.js'
import { resolveImport, type Resolved, resolveRequire, urlOf } from './resolve.js'
import { kindOf } from './tree.js'

/** What Node tells a resolve hook. */
export interface Context {
  conditions?: readonly string[]
  importAttributes?: unknown
  parentURL?: string
}

/** What a resolve hook answers. */
export interface Answer {
  url: string
  format?: string | null
  importAttributes?: unknown
  shortCircuit?: boolean
}

const EXTENSIONS = ['.js', '.json', '.node']
let extensions: () => readonly string[] = () => EXTENSIONS

/** Sets where the endings that `require` tries come from. */
export function setExtensions(from: () => readonly string[]): void {
  extensions = from
}

function own(specifier: string, context: Context): Resolved | undefined {
  const conditions = new Set(context.conditions ?? [])
  if (!conditions.has('require')) return resolveImport(specifier, context.parentURL, conditions)
  const base = context.parentURL?.startsWith('file:') === true ? fileURLToPath(context.parentURL) : undefined
  if (base === undefined && context.parentURL !== undefined) return undefined
  return resolveRequire(specifier, { base, conditions, extensions: extensions() })
}

function answer(resolved: Resolved, context: Context): Answer | undefined {
  if ('builtin' in resolved) return { url: urlOf(resolved), format: 'builtin', shortCircuit: true }
  if (!owned(resolved.path)) return undefined
  const format = formatOf(resolved.path)
  const { importAttributes } = context
  return { url: urlOf(resolved), importAttributes, shortCircuit: true, ...(format === undefined ? {} : { format }) }
}

/** Node's resolver does not see mounts, but may see what lies on the disk beneath one. */
function checked(found: Answer, specifier: string, context: Context): Answer {
  if (!found.url.startsWith('file:')) return found
  const path = fileURLToPath(found.url)
  if (!owned(path) || kindOf(path) === 'file') return found
  const base = context.parentURL?.startsWith('file:') === true ? fileURLToPath(context.parentURL) : context.parentURL
  if (context.conditions?.includes('require') === true) throw errors.requireNotFound(specifier, base === undefined ? [] : [base])
  throw errors.moduleNotFound(path, base, found.url)
}

/** The hook for `module.registerHooks`: on the thread itself, for `import` and `require` alike. */
export function resolveSync(specifier: string, context: Context, next: (specifier: string, context: Context) => Answer): Answer {
  const resolved = own(specifier, context)
  if (resolved === undefined) return checked(next(specifier, context), specifier, context)
  return answer(resolved, context) ?? next(urlOf(resolved), context)
}

/** The same for `module.register`: on a thread of its own, for `import`. */
export async function resolve(
  specifier: string,
  context: Context,
  next: (specifier: string, context: Context) => Promise<Answer>,
): Promise<Answer> {
  const resolved = own(specifier, context)
  if (resolved === undefined) return checked(await next(specifier, context), specifier, context)
  return answer(resolved, context) ?? next(urlOf(resolved), context)
}
