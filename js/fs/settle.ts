/** From the addon's answers to the three ways in which Node's binding is asked: at once, by request object, by promise. */
import { freshId, native, promise } from '../native.js'
import { refused, refusedLater, type Refusal } from './errors.js'

/** The answer comes later. */
export const PENDING = -65536

/** A request object of Node's binding (`FSReqCallback`). */
export interface Request {
  oncomplete: (error: unknown, value?: unknown) => void
  cancel?: () => void
}

/** Anything in the place of a request: nothing for an answer at once, a request object, or the mark for promises. */
export type Req = Request | symbol | undefined

// Those who replace timers in tests do not mean ours.
const macrotask = setImmediate

/** The array that stats at hand are written to. */
export const scratch = new Float64Array(18)
native.fsScratch(scratch)

/** What `read` makes of an answer: its default is nothing for 0 and the answer itself otherwise. */
export type Convert = (answer: unknown) => unknown

const plain: Convert = (answer) => (answer === 0 ? undefined : answer)

/** Hands a result over as the loop's next event, as everything that took time arrives. */
export function deliver(req: Request | symbol, error: unknown, value?: unknown): Promise<unknown> | undefined {
  if (typeof req === 'symbol') {
    return new Promise((resolve, reject) => {
      macrotask(() => {
        if (error === null) resolve(value)
        else reject(error)
      })
    })
  }
  req.cancel = nothing
  macrotask(() => {
    if (error === null) {
      if (value === undefined) req.oncomplete(null)
      else req.oncomplete(null, value)
    } else req.oncomplete(error)
  })
  return undefined
}

function nothing(): void {}

/** Hands over what a promise brings. */
export function forward(req: Request | symbol, later: Promise<unknown>): Promise<unknown> | undefined {
  if (typeof req === 'symbol') return later
  req.cancel = nothing
  later.then(
    (value) => macrotask(() => (value === undefined ? req.oncomplete(null) : req.oncomplete(null, value))),
    (error: unknown) => macrotask(() => req.oncomplete(error)),
  )
  return undefined
}

/** An answer that comes later: what it brings, or the error. */
export async function pending(id: number, syscall: string, path?: unknown, dest?: unknown): Promise<unknown> {
  const value = await promise<unknown>(id)
  if (typeof value === 'object' && value !== null && 'errno' in value) throw refusedLater(value as Refusal, syscall, path, dest)
  return value
}

/** Does what `start` starts, in the way that `req` asks for. */
export function settle(
  req: Req,
  start: (id: number) => unknown,
  syscall: string,
  path?: unknown,
  dest?: unknown,
  convert: Convert = plain,
): unknown {
  if (req === undefined) {
    const answer = start(0)
    if (typeof answer === 'number' && answer < 0) throw refused(answer, syscall, path, dest)
    return convert(answer)
  }
  const id = freshId()
  const answer = start(id)
  if (answer === PENDING) return forward(req, pending(id, syscall, path, dest).then(convert))
  if (typeof answer === 'number' && answer < 0) return deliver(req, refused(answer, syscall, path, dest))
  return deliver(req, null, convert(answer))
}
