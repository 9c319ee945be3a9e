/** Functions of Node's binding that take a descriptor. */
import { native } from '../native.js'
import { errno, refused } from './errors.js'
import { type Req, scratch, settle } from './settle.js'
import type { Fn, Wrap } from './types.js'

/** The first descriptor of a mount; below lie those of the kernel and, from 0x40000000 on, of node:vfs. */
export const FIRST = 0x5000_0000

/** How fine libuv cuts times, nanoseconds: until Node 22 it counted microseconds. */
export const TIME_STEP = Number.parseInt(process.versions.node, 10) >= 24 ? 1 : 1000

/** Whether a value is a descriptor of a mount. */
export function isOurs(fd: unknown): fd is number {
  return typeof fd === 'number' && fd >= FIRST
}

/** Any view as bytes. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** A position as the addon takes it: negative for "where the last one ended". */
function positionOf(position: unknown): number {
  return typeof position === 'number' || typeof position === 'bigint' ? Number(position) : -1
}

/** The fields of a stat that just came: those in the shared array at once, a copy of them for later. */
export function fieldsOf(answer: unknown, bigint: boolean, later: boolean): Float64Array | BigInt64Array {
  const fields = answer === 0 ? scratch : Float64Array.from(answer as number[])
  if (bigint) return BigInt64Array.from(fields, BigInt)
  return later && answer === 0 ? fields.slice() : fields
}

const onFd =
  (run: (fd: number, args: IArguments) => unknown): Wrap =>
  (real: Fn) =>
    function (this: unknown, fd: unknown) {
      // oxlint-disable-next-line prefer-rest-params
      return isOurs(fd) ? run(fd, arguments) : real.apply(this, arguments as never)
    }

/** A function that takes a descriptor, up to three numbers, and a request. */
const simple = (syscall: string, count: number, start: (id: number, fd: number, args: IArguments) => unknown): Wrap =>
  onFd((fd, args) => settle(args[count] as Req, (id) => start(id, fd, args), syscall))

const close: Wrap = (real) =>
  function (this: unknown, fd: unknown, req?: Req) {
    // oxlint-disable-next-line prefer-rest-params
    if (!isOurs(fd)) return real.apply(this, arguments as never)
    return settle(req, (id) => native.fdClose(id, fd), 'close')
  }

/** Reads for one buffer; on a miss the bytes arrive later and are copied. */
function readInto(fd: number, buffer: ArrayBufferView, offset: number, length: number, position: unknown, req: Req): unknown {
  const view = bytesOf(buffer)
  const from = positionOf(position)
  if (req === undefined) {
    const answer = native.fdRead(0, fd, view, offset, length, from) as number
    if (answer < 0) throw refused(answer, 'read')
    return answer
  }
  return settle(
    req,
    (id) => native.fdRead(id, fd, view, offset, length, from),
    'read',
    undefined,
    undefined,
    (answer) => {
      if (typeof answer === 'number') return answer
      view.set(answer as Uint8Array, offset)
      return (answer as Uint8Array).length
    },
  )
}

const read: Wrap = (real) =>
  function (this: unknown, fd: unknown, buffer: ArrayBufferView, offset: number, length: number, position: unknown, req?: Req) {
    // oxlint-disable-next-line prefer-rest-params
    if (!isOurs(fd)) return real.apply(this, arguments as never)
    return readInto(fd, buffer, offset, length, position, req)
  }

const readBuffers = onFd((fd, args) => {
  const buffers = (args[1] as ArrayBufferView[]).map(bytesOf)
  if (buffers.length === 0) return settle(args[3] as Req, () => errno('EINVAL'), 'read')
  const all = Buffer.allocUnsafe(buffers.reduce((sum, b) => sum + b.length, 0))
  const scatter = (n: unknown): number => {
    let done = 0
    for (const b of buffers) {
      if (done >= (n as number)) break
      const part = all.subarray(done, Math.min(done + b.length, n as number))
      b.set(part)
      done += part.length
    }
    return n as number
  }
  return settle(
    args[3] as Req,
    (id) => native.fdRead(id, fd, all, 0, all.length, positionOf(args[2])),
    'read',
    undefined,
    undefined,
    (answer) => {
      if (typeof answer === 'number') return scatter(answer)
      all.set(answer as Uint8Array)
      return scatter((answer as Uint8Array).length)
    },
  )
})

const number = (answer: unknown): unknown => answer

const write = (fd: number, view: Uint8Array, offset: number, length: number, position: unknown, req: Req): unknown =>
  settle(req, (id) => native.fdWrite(id, fd, view, offset, length, positionOf(position)), 'write', undefined, undefined, number)

const writeBuffer = onFd((fd, args) => {
  const view = bytesOf(args[1] as ArrayBufferView)
  const offset = (args[2] as number | null | undefined) ?? 0
  const length = (args[3] as number | null | undefined) ?? view.length - offset
  return write(fd, view, offset, length, args[4], args[5] as Req)
})

const writeString = onFd((fd, args) => {
  const view = Buffer.from(args[1] as string, (args[3] as BufferEncoding | undefined) ?? 'utf8')
  return write(fd, view, 0, view.length, args[2], args[4] as Req)
})

const writeBuffers = onFd((fd, args) => {
  const all = Buffer.concat((args[1] as ArrayBufferView[]).map(bytesOf))
  return write(fd, all, 0, all.length, args[2], args[3] as Req)
})

const fstat = onFd((fd, args) => {
  const bigint = args[1] === true
  const req = args[2] as Req
  return settle(
    req,
    (id) => native.fdStat(id, fd),
    'fstat',
    undefined,
    undefined,
    (answer) => fieldsOf(answer, bigint, req !== undefined),
  )
})

/** Replacements, by the name that they have in Node's binding. */
export const FD_TABLE: Record<string, Wrap> = {
  close,
  read,
  readBuffers,
  writeBuffer,
  writeString,
  writeBuffers,
  fstat,
  fsync: simple('fsync', 1, (id, fd) => native.fdSync(id, fd, false)),
  fdatasync: simple('fdatasync', 1, (id, fd) => native.fdSync(id, fd, true)),
  ftruncate: simple('ftruncate', 2, (id, fd, args) => native.fdTruncate(id, fd, (args[1] as number | undefined) ?? 0)),
  fchmod: simple('fchmod', 2, (id, fd, args) => native.fdChmod(id, fd, args[1] as number)),
  fchown: simple('fchown', 3, (id, fd, args) => native.fdChown(id, fd, (args[1] as number) >>> 0, (args[2] as number) >>> 0)),
  futimes: simple('futime', 3, (id, fd, args) => native.fdUtimes(id, fd, args[1] as number, args[2] as number, TIME_STEP)),
}
