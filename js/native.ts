/**
 * The addon and its channel. Everything that native code answers later than the call that asked arrives through one function
 * per thread: settled promises, requests to objects that live in JavaScript.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'

// Types of the generated binding; private to this package.
import type * as Binding from '../native.js'

const requireHere = createRequire(join(__dirname, 'index.cjs'))
export const native: typeof Binding = requireHere('../native.cjs')

/** A JavaScript object that native code may ask to do things. */
export interface Target {
  /** Does `op`; the answer's fields go back. Requests with `id` 0 want no answer. */
  handle(op: string, args: never, id: number): Promise<object | undefined> | object | undefined
}

const pending = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>()
const targets = new Map<number, Target>()
let lastId = 0

/** Registers an object for requests; it stays until native code drops it or `removeTarget` is called. */
export function addTarget(target: Target): number {
  const id = native.newTarget()
  targets.set(id, target)
  return id
}

/** Takes an object out. */
export function removeTarget(id: number): void {
  targets.delete(id)
}

/**
 * Calls native code that answers on the spot when it can, and otherwise later. What is at hand comes back without a turn of
 * the event loop.
 */
export function later<T>(start: (id: number) => unknown): T | Promise<T> {
  const id = (lastId = (lastId + 1) >>> 0 || 1)
  const now = start(id)
  return now === null ? promise<T>(id) : (now as T)
}

/** The promise that native code settles under `id`. While one is pending the event loop stays alive. */
export function promise<T>(id: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    pending.set(id, { resolve, reject })
    if (pending.size === 1) native.hold(true)
  })
}

/** A fresh number for {@link promise}. */
export function freshId(): number {
  return (lastId = (lastId + 1) >>> 0 || 1)
}

function settle(id: number, ok: boolean, value: never): void {
  const entry = pending.get(id)
  if (entry === undefined) return
  pending.delete(id)
  if (pending.size === 0) native.hold(false)
  if (ok) entry.resolve(value)
  else entry.reject(value)
}

/** An error as a request's answer: its code if it has one, and its message. */
export function replyError(id: number, error: unknown): void {
  const e = error as { code?: unknown; message?: unknown } | null | undefined
  const code = typeof e?.code === 'string' ? e.code : undefined
  native.replyError(id, code, typeof e?.message === 'string' ? e.message : String(error))
}

async function answer(target: number, op: string, args: never, id: number): Promise<void> {
  const object = targets.get(target)
  if (op === 'drop') {
    targets.delete(target)
    return
  }
  try {
    if (object === undefined) throw new Error('the object that native code asked for is gone')
    const fields = await object.handle(op, args, id)
    if (id !== 0 && fields !== undefined) native.reply(id, fields as never)
  } catch (error) {
    if (id !== 0) replyError(id, error)
  }
}

native.connect((kind: number, id: number, target: number, op: string, payload: unknown) => {
  if (kind === 2) void answer(target, op, payload as never, id)
  else if (kind === 3) {
    if (payload !== '') process.emitWarning(payload as string, { type: 'MirageWarning', code: 'MIRAGE_SELF_ACCESS' })
  } else settle(id, kind === 0, payload as never)
})
