/** `openAsBlob`: a blob of what the file holds now. */
import fs from 'node:fs'

import { place } from './arguments.js'
import { nodeError } from './errors.js'
import type { Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

/** The type that options ask for; `undefined` when Node should complain about them. */
function typeOf(options: unknown): string | undefined {
  if (options === undefined) return ''
  if (typeof options !== 'object' || options === null) return undefined
  const { type = '' } = options as { type?: unknown }
  return typeof type === 'string' ? type : undefined
}

/** What Node says when there is nothing to read. */
function unopened(): Error {
  return nodeError(TypeError, 'ERR_INVALID_ARG_VALUE', 'Unable to open file as blob')
}

/** Since Node 26 it is the look at the file that fails. */
const SAYS_WHY = Number.parseInt(process.versions.node, 10) >= 26

function look(path: string | Buffer): void {
  if (fs.statSync(path, { throwIfNoEntry: SAYS_WHY }) === undefined) throw unopened()
}

export const openAsBlob: Wrap = (real) =>
  function (this: unknown, path: unknown, options?: unknown) {
    const found = place(path)
    const type = typeOf(options)
    if (found === undefined || type === undefined) return real.apply(this, arguments as never)
    look(found.shown)
    return fs.promises.readFile(found.shown).then((bytes) => new Blob([bytes as never], { type }))
  }

export const openAsBlobSync: Wrap = (real) =>
  function (this: unknown, path: unknown, options?: unknown) {
    const found = place(path)
    const type = typeOf(options)
    if (found === undefined || type === undefined) return real.apply(this, arguments as never)
    look(found.shown)
    return new Blob([fs.readFileSync(found.shown) as never], { type })
  }
