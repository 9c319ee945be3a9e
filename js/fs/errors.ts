/** Errors exactly as Node's own binding makes them. */
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

import { native } from '../native.js'

/** Below this a refusal's number carries an explanation, which `lastDetail` tells. */
const DETAILED = -1000

/** A refusal that came later than the call. */
export interface Refusal {
  errno: number
  detail: string | null
}

const texts = getSystemErrorMap()
const names = new Map(Object.entries(constants.errno).map(([name, number]) => [-number, name]))

function make(errno: number, detail: string | null, syscall: string, path: unknown, dest: unknown): NodeJS.ErrnoException {
  const [code, text] = texts.get(errno) ?? [names.get(errno) ?? `E${-errno}`, 'unknown error']
  let message = `${code}: ${detail ?? text}, ${syscall}`
  const from = path === undefined ? undefined : String(path)
  const to = dest === undefined ? undefined : String(dest)
  if (from !== undefined) message += ` '${from}'`
  if (to !== undefined) message += ` -> '${to}'`
  const error = new Error(message) as NodeJS.ErrnoException & { dest?: string }
  error.errno = errno
  error.code = code
  error.syscall = syscall
  if (from !== undefined) error.path = from
  if (to !== undefined) error.dest = to
  return error
}

/** The error for the refusal `code` (negative) of `syscall`; what the error names comes as the caller wrote it. */
export function refused(code: number, syscall: string, path?: unknown, dest?: unknown): NodeJS.ErrnoException {
  const detailed = code < DETAILED
  return make(detailed ? code - DETAILED : code, detailed ? native.lastDetail() : null, syscall, path, dest)
}

/** As {@link refused} for a refusal that came later. */
export function refusedLater(refusal: Refusal, syscall: string, path?: unknown, dest?: unknown): NodeJS.ErrnoException {
  return make(refusal.errno, refusal.detail, syscall, path, dest)
}

/** The number of an error code such as `EXDEV`, negative as libuv has it. */
export function errno(code: keyof typeof constants.errno): number {
  return -constants.errno[code]
}

/** An error of Node's own kind (`ERR_…`). */
export function nodeError<T extends Error>(type: new (message: string) => T, code: string, message: string): T {
  const error = new type(message)
  const name = error.name
  // Node shows the code in the stack but not in the name.
  error.name = `${name} [${code}]`
  void error.stack
  delete (error as { name?: string }).name
  return Object.assign(error, { code })
}

/** What `fs.cp` throws: Node's `SystemError`. */
export function systemError(
  key: string,
  text: string,
  context: { message: string; path?: string; dest?: string; syscall: string; errno: number; code: string },
): Error {
  let message = `${text}: ${context.syscall} returned ${context.code} (${context.message})`
  if (context.path !== undefined) message += ` ${context.path}`
  if (context.dest !== undefined) message += ` => ${context.dest}`
  const error = nodeError(Error, key, message)
  Object.defineProperty(error, 'name', { value: 'SystemError', enumerable: false, writable: true, configurable: true })
  Object.defineProperty(error, 'info', { value: context, enumerable: true, writable: true, configurable: true })
  return Object.assign(error, { errno: context.errno, syscall: context.syscall, path: context.path, dest: context.dest })
}
