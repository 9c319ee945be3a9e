/** Reading a descriptor to its end. */
import { native } from '../native.js'
import { refused } from './errors.js'
import { scratch } from './settle.js'

const S_IFMT = 0o170000
const S_IFREG = 0o100000
const CHUNK = 64 * 1024

/** All that is left to read, at once; `end` closes the descriptor whatever happens. */
export function drain(fd: number, end: boolean): Buffer {
  try {
    const known = native.fdStat(0, fd) === 0 && ((scratch[1] as number) & S_IFMT) === S_IFREG ? (scratch[8] as number) : 0
    const parts: Buffer[] = []
    for (;;) {
      const part = Buffer.allocUnsafe(parts.length === 0 && known > 0 ? known + 1 : CHUNK)
      const n = native.fdRead(0, fd, part, 0, part.length, -1) as number
      if (n < 0) throw refused(n, 'read')
      if (n === 0) break
      parts.push(part.subarray(0, n))
      // A short read of a known size ends where the size said.
      if (n < part.length && known > 0) break
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  } finally {
    if (end) native.fdClose(0, fd)
  }
}
