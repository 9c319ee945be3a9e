/** Reading and writing whole files in one step, and what goes wrong then. */
import { native } from '../native.js'
import { errno, refused } from './errors.js'
import { notDir, wantsDir } from './on-path.js'
import type { NativeDoor } from './places.js'
import type { RawPath } from './types.js'

const O_WRITES = 3
const O_CREAT = 0o100
const EBADF = errno('EBADF')
const EISDIR = errno('EISDIR')
const ENOTDIR = errno('ENOTDIR')

/** Since Node 26 one job opens, reads and closes; its errors name the path whatever failed. */
const NAMES_PATH = Number.parseInt(process.versions.node, 10) >= 26

/** Opens with `flags`, writes everything, closes. */
export function writeWhole(door: NativeDoor, id: number, path: RawPath, data: string | Uint8Array, flags: number, mode: number): unknown {
  if (wantsDir(path)) {
    if ((flags & O_CREAT) !== 0) return EISDIR
    if (notDir(door, path)) return ENOTDIR
  }
  if ((flags & O_WRITES) === 0) {
    // A file that is opened for reading can be opened; it fails when it is written to.
    const fd = door.open(0, path, flags, mode) as number
    if (fd < 0) return fd
    native.fdClose(0, fd)
    return EBADF
  }
  return door.writeFile(id, path, data, flags, mode)
}

/** The error of {@link writeWhole}. */
export function writeRefused(code: number, shown: unknown): Error {
  return code === EBADF ? refused(code, 'write') : refused(code, 'open', shown)
}

/** The error of reading something whole: a directory and a file opened for writing can be opened, but not read. */
export function readRefused(code: number, shown: unknown, atOnce: boolean): Error {
  if (code !== EISDIR && code !== EBADF) return refused(code, 'open', shown)
  return NAMES_PATH && !atOnce ? refused(code, 'read', shown) : refused(code, 'read')
}
