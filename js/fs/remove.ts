/** `binding.rmSync` of Node 24 and newer. */
import { errno, refused, systemError } from './errors.js'
import type { NativeDoor } from './places.js'
import { scratch } from './settle.js'
import type { RawPath } from './types.js'

const S_IFMT = 0o170000
const S_IFDIR = 0o040000

/** Removes a file, or a tree if `deep`. What is not there is fine: the caller has looked. */
export function removeSync(door: NativeDoor, path: RawPath, shown: unknown, deep: boolean): undefined {
  const found = door.stat(0, path, false) as number
  if (found === errno('ENOENT') || found === errno('ENOTDIR')) return undefined
  if (found < 0) throw refused(found, 'rm', shown)
  if (((scratch[1] as number) & S_IFMT) === S_IFDIR && !deep) {
    throw systemError('ERR_FS_EISDIR', 'Path is a directory', {
      message: 'is a directory',
      path: String(shown),
      syscall: 'rm',
      errno: 21,
      code: 'EISDIR',
    })
  }
  const answer = (deep ? door.removeAll(0, path) : door.unlink(0, path)) as number
  if (answer < 0 && answer !== errno('ENOENT')) throw refused(answer, 'rm', shown)
  return undefined
}
