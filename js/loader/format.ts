/** The format of a module file in a mount, as far as Node cannot tell it from the name alone. */
import { extname } from 'node:path'

import { scopeOf } from './tree.js'

/**
 * The format, or `undefined` to let Node decide: by the file's name, or by its syntax where no manifest says a type.
 *
 * @param path the file
 */
export function formatOf(path: string): string | undefined {
  switch (extname(path)) {
    case '.mjs':
      return 'module'
    case '.cjs':
      return 'commonjs'
    case '.json':
      return 'json'
    case '.js':
    case '':
      return scopeOf(path)?.type
    case '.ts': {
      const { typescript } = process.features as { typescript?: unknown }
      const type = typescript === undefined || typescript === false ? undefined : scopeOf(path)?.type
      return type === undefined ? undefined : `${type}-typescript`
    }
    default:
      return undefined
  }
}
