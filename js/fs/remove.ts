/** `binding.rmSync` of Node 24 and newer. */
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

import { errno, systemError } from './errors.js'
import { notItselfDir } from './on-path.js'
import type { NativeDoor } from './places.js'
import { scratch } from './settle.js'
import type { RawPath } from './types.js'

const S_IFMT = 0o170000
const S_IFDIR = 0o040000

/** The C library's words, which this one function of Node speaks. */
const WORDS: Record<string, string> = {
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  ENOTDIR: 'Not a directory',
  ENOTEMPTY: 'Directory not empty',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
}

function failed(code: number, shown: unknown): NodeJS.ErrnoException {
  const [name, text] = getSystemErrorMap().get(code) ?? ['UNKNOWN', 'unknown error']
  const error = new Error(`${name}, ${WORDS[name] ?? text}: ${String(shown)} '${String(shown)}'`) as NodeJS.ErrnoException
  return Object.assign(error, {
    errno: (constants.errno as Record<string, number>)[name] ?? -code,
    code: name,
    syscall: 'rm',
    path: String(shown),
  })
}

/** Removes a file, or a tree if `deep`. What is not there is fine: the caller has looked. */
export function removeSync(door: NativeDoor, path: RawPath, shown: unknown, deep: boolean): undefined {
  const found = door.stat(0, path, false) as number
  if (found === errno('ENOENT') || found === errno('ENOTDIR')) return undefined
  if (found < 0) throw failed(found, shown)
  const isDir = ((scratch[1] as number) & S_IFMT) === S_IFDIR
  if (notItselfDir(door, path)) {
    // With a slash at the end, a file is not there, and a link is not what could be removed.
    if (door.moduleStat(path) === 1 && deep) throw failed(errno('ENOTDIR'), shown)
    return undefined
  }
  if (isDir && !deep) {
    throw systemError('ERR_FS_EISDIR', 'Path is a directory', {
      message: 'is a directory',
      path: String(shown),
      syscall: 'rm',
      errno: 21,
      code: 'EISDIR',
    })
  }
  const answer = (deep ? door.removeAll(0, path) : door.unlink(0, path)) as number
  if (answer < 0 && answer !== errno('ENOENT')) throw failed(answer, shown)
  return undefined
}
