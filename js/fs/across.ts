/** Copying one file from one side of a boundary to the other, as `copyfile` does. */
import fs from 'node:fs'

import type { RawPath } from './types.js'

const CHUNK = 256 * 1024

/** One copy; the paths as they are asked for, and as the caller wrote them. */
export interface CopyJob {
  from: RawPath
  to: RawPath
  shownFrom: unknown
  shownTo: unknown
  exclusive: boolean
}

const path = (raw: RawPath): fs.PathLike => (typeof raw === 'string' ? raw : Buffer.from(raw))

/** Errors of single steps become errors of the copy. */
function renamed(error: unknown, job: CopyJob): unknown {
  const e = error as NodeJS.ErrnoException & { dest?: string }
  if (typeof e?.errno !== 'number' || e.syscall === undefined) return error
  const text = e.message.slice(0, e.message.indexOf(`, ${e.syscall}`))
  e.message = `${text}, copyfile '${String(job.shownFrom)}' -> '${String(job.shownTo)}'`
  e.syscall = 'copyfile'
  e.path = String(job.shownFrom)
  e.dest = String(job.shownTo)
  return e
}

const flagsOf = (job: CopyJob): string => (job.exclusive ? 'wx' : 'w')

/** Copies at once. */
export function copyAcrossSync(job: CopyJob): undefined {
  let from: number | undefined
  let to: number | undefined
  try {
    from = fs.openSync(path(job.from), 'r')
    const stat = fs.fstatSync(from)
    to = fs.openSync(path(job.to), flagsOf(job), stat.mode & 0o777)
    const chunk = Buffer.allocUnsafe(CHUNK)
    for (;;) {
      const n = fs.readSync(from, chunk, 0, CHUNK, null)
      if (n === 0) break
      for (let done = 0; done < n;) done += fs.writeSync(to, chunk, done, n - done)
    }
    fs.fchmodSync(to, stat.mode & 0o7777)
  } catch (error) {
    throw renamed(error, job)
  } finally {
    if (from !== undefined) fs.closeSync(from)
    if (to !== undefined) fs.closeSync(to)
  }
  return undefined
}

/** Copies with what waits. */
export async function copyAcross(job: CopyJob): Promise<undefined> {
  let from: fs.promises.FileHandle | undefined
  let to: fs.promises.FileHandle | undefined
  try {
    from = await fs.promises.open(path(job.from), 'r')
    const stat = await from.stat()
    to = await fs.promises.open(path(job.to), flagsOf(job), stat.mode & 0o777)
    const chunk = Buffer.allocUnsafe(CHUNK)
    for (;;) {
      const { bytesRead } = await from.read(chunk, 0, CHUNK, null)
      if (bytesRead === 0) break
      for (let done = 0; done < bytesRead;) done += (await to.write(chunk, done, bytesRead - done)).bytesWritten
    }
    await to.chmod(stat.mode & 0o7777)
  } catch (error) {
    throw renamed(error, job)
  } finally {
    await from?.close()
    await to?.close()
  }
  return undefined
}
