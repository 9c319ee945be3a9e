/** The text of a workspace's description: YAML or JSON, with `${NAME}` taken from the environment. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Something is wrong with a description. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'ERR_MIRAGE_CONFIG'
}

/** A plain object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fills `${NAME}` in every string; `$${` stands for a literal `${`. Names that are not set are all reported at once. */
export function interpolate(value: unknown, env: Readonly<Record<string, string | undefined>>, where: string): unknown {
  const missing = new Set<string>()
  const fill = (text: string): string =>
    text.replace(/\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (all, name: string) => {
      if (all.startsWith('$$')) return all.slice(1)
      const found = env[name]
      if (found === undefined) missing.add(name)
      return found ?? ''
    })
  // A document is read once: what an alias repeats is one object, and is filled once.
  const done = new Map<object, unknown>()
  const walk = (node: unknown, depth: number): unknown => {
    if (depth > 100) throw new ConfigError(`${where}: nested too deeply`)
    if (typeof node === 'string') return fill(node)
    if (typeof node !== 'object' || node === null) return node
    const known = done.get(node)
    if (known !== undefined) return known
    if (Array.isArray(node)) {
      const list: unknown[] = []
      done.set(node, list)
      for (const item of node) list.push(walk(item, depth + 1))
      return list
    }
    const record: Record<string, unknown> = {}
    done.set(node, record)
    for (const [key, item] of Object.entries(node)) record[key] = walk(item, depth + 1)
    return record
  }
  const filled = walk(value, 0)
  if (missing.size > 0) throw new ConfigError(`missing environment variables: ${[...missing].sort().join(', ')}`)
  return filled
}

/** Reads YAML or JSON. The YAML parser is loaded when it is needed. */
export function parse(text: string, where: string): unknown {
  if (/^\s*\{/.test(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // Perhaps YAML in braces.
    }
  }
  const yaml = createRequire(join(__dirname, 'index.cjs'))('yaml') as typeof import('yaml')
  try {
    return yaml.parse(text, { maxAliasCount: 100 })
  } catch (error) {
    throw new ConfigError(`${where}: ${(error as Error).message}`, { cause: error })
  }
}

/** Reads and fills a file. */
export function readConfig(path: string, env: Readonly<Record<string, string | undefined>> = process.env): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`cannot read the description: ${(error as Error).message}`, { cause: error })
  }
  return interpolate(parse(text, path), env, path)
}
