/**
 * The one place where node:fs is intercepted for most functions: Node's own binding, below `fs`, `fs.promises`, `FileHandle`
 * and the streams. Everything above stays Node's: validation, options, classes, error handling, and functions that a program
 * took hold of before the patch. What does not pass through the binding is replaced in `surface.ts`. That nothing is forgotten, of
 * any version, is what `__test__/fs-surface/exports.mjs` makes sure of.
 */
import { FD_TABLE } from './fds.js'
import { JOB_TABLE } from './jobs.js'
import { pathTable, setStatFsFields } from './paths.js'
import { TWO_TABLE } from './two-paths.js'
import type { Fn, Wrap } from './types.js'

/** Node's binding below `fs`. */
type Binding = Record<string, unknown>

/** Node's binding. It is the one that `fs` itself uses, on every version from 20 to 26. */
export function nodeBinding(): Binding {
  const get = (process as unknown as { binding?: (name: string) => Binding }).binding
  const warn = process.emitWarning
  try {
    // With --pending-deprecation Node warns of every user of `process.binding`.
    process.emitWarning = () => {}
    const binding = get?.call(process, 'fs')
    if (typeof binding?.open === 'function' && typeof binding.stat === 'function') return binding
  } catch (cause) {
    throw new Error(`node:fs cannot be intercepted here: ${(cause as Error).message}`, { cause })
  } finally {
    process.emitWarning = warn
  }
  throw new Error(`node:fs cannot be intercepted on Node ${process.versions.node}: its binding is out of reach`)
}

/** All replacements for this Node. */
export function replacements(binding: Binding): Map<string, Wrap> {
  const fields = (binding.statFsValues as { length?: number } | undefined)?.length
  if (fields !== undefined) setStatFsFields(fields)
  const exists = binding.existsSync as Fn
  return new Map(Object.entries({ ...pathTable(exists), ...TWO_TABLE, ...FD_TABLE, ...JOB_TABLE }))
}

const undo: (() => void)[] = []

/** Puts the replacements in. */
export function installBinding(): void {
  const binding = nodeBinding()
  for (const [name, wrap] of replacements(binding)) {
    const real = binding[name]
    if (typeof real !== 'function') continue
    const ours = wrap(real as Fn)
    binding[name] = ours
    undo.push(() => {
      // Somebody else may have replaced it since; theirs goes on to ours, which passes everything through.
      if (binding[name] === ours) binding[name] = real
    })
  }
}

/** Takes them out. */
export function uninstallBinding(): void {
  for (const back of undo.splice(0).reverse()) back()
}
