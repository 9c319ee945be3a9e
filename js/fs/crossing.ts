/**
 * Links in a mount that lead out of all mounts. The workspace follows a link inside itself; the process means its own files, so
 * that what the workspace does not find is looked for on the host. Asked only when something is not there.
 */
import { posix } from 'node:path'

import { errno } from './errors.js'
import { covered, type NativeDoor } from './places.js'
import { type Request, scratch } from './settle.js'
import type { RawPath } from './types.js'

const S_IFMT = 0o170000
const S_IFLNK = 0o120000
const ENOENT = errno('ENOENT')
/** As many as the kernel follows. */
const MAX_LINKS = 40

/** The path on the host that `path`, which the workspace does not find, leads to through a link; nothing if there is none. */
export function crossed(door: NativeDoor, path: RawPath): string | undefined {
  if (typeof path !== 'string') return undefined
  let here = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  let rest = ''
  for (let links = 0; links < MAX_LINKS;) {
    if (door.stat(0, here, false) === 0) {
      if (((scratch[1] as number) & S_IFMT) !== S_IFLNK) return undefined
      const target = door.readlink(0, here, false)
      if (typeof target !== 'string') return undefined
      const to = posix.resolve(posix.dirname(here), target)
      if (covered(to) === undefined) return to + rest
      here = to
      links++
      continue
    }
    const parent = posix.dirname(here)
    rest = `/${posix.basename(here)}${rest}`
    // A directory that is there: the name is missing in it, and that is all.
    if (parent === '/' || covered(parent) === undefined || door.stat(0, parent, true) === 0) return undefined
    here = parent
  }
  return undefined
}

/** The path on the host that an error is to be answered from, if it says that nothing is there. */
export function onHost(error: unknown, door: NativeDoor, path: RawPath): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.errno === ENOENT ? crossed(door, path) : undefined
}

/**
 * Runs `ours`, whose request stands at `index` of its arguments; when it finds nothing because a link leads to the host, runs
 * `theirs` with the path there.
 */
export function laterOnHost(
  door: NativeDoor,
  path: RawPath,
  args: IArguments,
  index: number,
  ours: (args: IArguments) => unknown,
  theirs: (path: string) => unknown,
): unknown {
  const req = args[index] as Request | symbol
  if (typeof req === 'symbol') {
    return (ours(args) as Promise<unknown>).catch((error: unknown) => {
      const host = onHost(error, door, path)
      if (host === undefined) throw error
      return theirs(host)
    })
  }
  const proxy: Request = {
    oncomplete: (error, value) => {
      const host = onHost(error, door, path)
      if (host !== undefined) theirs(host)
      else if (value === undefined) req.oncomplete(error)
      else req.oncomplete(error, value)
    },
  }
  req.cancel = () => {}
  const again: unknown[] = Array.from(args)
  again[index] = proxy
  return ours(again as unknown as IArguments)
}

/** Where the request stands, if there is one. */
export function requestIn(args: IArguments): number {
  for (let i = args.length - 1; i > 0; i--) {
    const value: unknown = args[i]
    if (typeof value === 'symbol' || (typeof value === 'object' && value !== null && 'oncomplete' in value)) return i
  }
  return -1
}
