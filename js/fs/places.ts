/**
 * Which paths belong to which workspace. Asked on every call of node:fs, so what does not belong to any must be told from a
 * look at the first characters.
 */
import { posix } from 'node:path'

import type { native } from '../native.js'

/** The native side of one patched workspace. */
export type NativeDoor = ReturnType<InstanceType<typeof native.NativeWorkspace>['door']>

/** One patched workspace. */
export interface Door {
  readonly native: NativeDoor
  /** Mount points without a trailing slash; never the root. */
  prefixes: readonly string[]
  /** Whether the (only) prefix stands for the workspace's root, and is no part of its paths. */
  readonly whole?: boolean
}

const SLASH = 47

/** The path as the owner must be asked, after {@link owner} found one. */
export let at: string | Uint8Array = ''
/** The absolute path that a call must go on with, after {@link owner} answered {@link ELSEWHERE}. */
export let elsewhere = ''

/** Nobody owns the path, but it does not mean to the kernel what it means to the process: use {@link elsewhere}. */
export const ELSEWHERE = Symbol('elsewhere')

let doors: readonly Door[] = []
let prefixes: readonly string[] = []
/** Whether a mount point begins with `/` and this character. */
let heads = new Uint8Array(128)
let exotic = false
/** Directories above mount points. */
let above: ReadonlyMap<string, NativeDoor> = new Map()

/** The process's directory, as far as it lies in a mount; see `cwd.ts`. */
let inside: string | undefined
const hostCwd = process.cwd.bind(process)
let seenCwd = ''
let near = false

/** Replaces the table; later doors come first. */
export function setDoors(next: readonly Door[]): void {
  doors = next
  heads = new Uint8Array(128)
  exotic = false
  const parents = new Map<string, NativeDoor>()
  for (const door of next) {
    for (const prefix of door.prefixes) {
      const head = prefix.charCodeAt(1)
      if (head < 128) heads[head] = 1
      else exotic = true
      for (let dir = posix.dirname(prefix); dir !== '/'; dir = posix.dirname(dir)) if (!parents.has(dir)) parents.set(dir, door.native)
    }
  }
  above = parents
  prefixes = next.flatMap((door) => door.prefixes)
  seenCwd = ''
}

/** Puts the process's directory into a mount, or back on the host. */
export function setInside(dir: string | undefined): void {
  inside = dir
}

/** The process's directory, if it lies in a mount. */
export function virtualCwd(): string | undefined {
  return inside
}

let look: (() => void) | undefined

/** Sets what is called before every look at a path; it may call {@link setDoors}. */
export function onLook(before: () => void): void {
  look = before
}

/** All mount points that are shown. */
export function shownPrefixes(): readonly string[] {
  look?.()
  return prefixes
}

/** Who owns an absolute path without dots. */
export function covered(path: string): NativeDoor | undefined {
  if (look !== undefined) look()
  const head = path.charCodeAt(1)
  if (head < 128 ? heads[head] === 0 : !exotic) return undefined
  for (const door of doors) {
    for (const prefix of door.prefixes) {
      if (path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH)) {
        at = door.whole === true ? path.slice(prefix.length) || '/' : path
        return door.native
      }
    }
  }
  return undefined
}

/** Who owns `path`, which may be anything that Node's binding takes for a path. */
export function owner(path: unknown): NativeDoor | typeof ELSEWHERE | undefined {
  if (typeof path !== 'string') return path instanceof Uint8Array ? ownerOfBytes(path) : undefined
  if (path.charCodeAt(0) !== SLASH) return path === '' ? undefined : relative(path)
  if (path.includes('/.') || path.includes('//')) return dotted(path)
  return covered(path)
}

function dotted(path: string): NativeDoor | typeof ELSEWHERE | undefined {
  const plain = posix.normalize(path)
  const inMount = covered(plain)
  // Without `..` no directory needs to be there.
  if (!path.includes('/..')) return inMount
  if (inMount === undefined && covered(path) === undefined) return undefined
  const real = climbed(path)
  const found = covered(real)
  if (found !== undefined) return found
  elsewhere = real
  return ELSEWHERE
}

/** What a path with `..` leads to, as the kernel goes: from the directory that a link leads to, and only if it is there. */
function climbed(path: string): string {
  const names = path.split('/').slice(1)
  let here = ''
  for (const [i, name] of names.entries()) {
    if (name === '' || name === '.') continue
    if (name !== '..') {
      here += `/${name}`
      continue
    }
    const door = covered(here)
    if (door !== undefined) {
      const there = door.realpath(0, here, false)
      // The first thing that is missing, or that is no directory, is what the call will complain about.
      if (typeof there !== 'string') return `${here}/${names.slice(i + 1).join('/')}`
      if (door.moduleStat(here) !== 1) return `${here}/..${i}`
      here = there
    }
    here = here.slice(0, Math.max(here.lastIndexOf('/'), 0))
  }
  return path.endsWith('/') ? `${here}/` : here || '/'
}

function relative(path: string): NativeDoor | typeof ELSEWHERE | undefined {
  if (inside !== undefined) {
    const full = keepSlash(posix.resolve(inside, path), path)
    const found = covered(full)
    if (found !== undefined) return found
    elsewhere = full
    return ELSEWHERE
  }
  const cwd = hostCwd()
  if (cwd !== seenCwd) {
    const dir = cwd === '/' ? '/' : `${cwd}/`
    near = doors.some((door) => door.prefixes.some((prefix) => prefix.startsWith(dir)))
    seenCwd = cwd
  }
  if (!near && !path.includes('..')) return undefined
  return covered(keepSlash(posix.resolve(cwd, path), path))
}

/** A trailing slash asks for a directory, so it must not get lost. */
function keepSlash(full: string, path: string): string {
  return path.endsWith('/') && full !== '/' ? `${full}/` : full
}

function ownerOfBytes(bytes: Uint8Array): NativeDoor | typeof ELSEWHERE | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const found = owner(text)
  if (found === undefined || found === ELSEWHERE) return found
  // What is not UTF-8 would not survive as text.
  if (text.includes('\uFFFD')) {
    if (bytes[0] === SLASH) at = bytes
    else at = Buffer.concat([Buffer.from(`${inside ?? hostCwd()}/`), bytes])
  }
  return found
}

/** Who would show `path` as a directory above a mount point, if the host does not have it. */
export function ownerAbove(path: unknown): NativeDoor | undefined {
  if (above.size === 0 || typeof path !== 'string') return undefined
  const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const found = above.get(plain)
  if (found !== undefined) at = plain
  return found
}

/** Whether anything is mounted for node:fs. */
export function anyDoor(): boolean {
  return doors.length > 0
}
