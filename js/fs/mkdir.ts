/** `mkdir`, and what its recursive form answers. */
import { posix } from 'node:path'

import { errno, refused } from './errors.js'
import { onPath, wantsDir } from './on-path.js'
import type { NativeDoor } from './places.js'
import { deliver, type Req, scratch, settle } from './settle.js'
import type { RawPath } from './types.js'

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const EEXIST = errno('EEXIST')
const ENOENT = errno('ENOENT')
const ENOTDIR = errno('ENOTDIR')

const cut = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** The part of `shown` that stands for `made`: Node cuts the caller's own text, it does not answer an absolute path. */
function asShown(made: string, shown: unknown): string {
  if (typeof shown !== 'string') return made
  for (let part = shown; part !== ''; part = cut(part)) if (posix.resolve(part) === made) return part
  return made
}

/** The directory on the way that is none, if it is not the last one. */
function culprit(door: NativeDoor, path: string): string | undefined {
  let found: string | undefined
  for (let part = cut(path); part !== ''; part = cut(part)) {
    if (door.stat(0, part, false) !== 0) continue
    if (door.stat(0, part, true) !== 0 || ((scratch[1] as number) & S_IFMT) !== S_IFDIR) found = part
  }
  return found
}

function deep(door: NativeDoor, path: RawPath, shown: unknown, mode: number, req: Req): unknown {
  const start = (id: number): unknown => {
    const answer = door.mkdir(id, path, true, mode)
    // Something that is no directory is in the way, or would be if the path did not end in a slash.
    return answer === EEXIST && wantsDir(path) ? ENOTDIR : answer
  }
  if (req !== undefined && typeof path === 'string') {
    // A dangling link on the way: Node's asynchronous form names it.
    const way = culprit(door, path)
    if (way !== undefined && door.stat(0, way, true) === ENOENT) return deliver(req, refused(ENOTDIR, 'mkdir', asShown(way, shown)))
  }
  return settle(req, start, 'mkdir', shown, undefined, (made) => (typeof made === 'string' ? asShown(made, shown) : undefined))
}

export const mkdir = onPath((door, path, shown, args) => {
  const [, given, recursive, req] = args as unknown as [unknown, number, boolean, Req]
  const mode = given & ~process.umask()
  if (recursive === true) return deep(door, path, shown, mode, req)
  return settle(req, (id) => door.mkdir(id, path, false, mode), 'mkdir', shown)
})
