/** The stack of workspaces that node:fs shows on this thread, and the life of the interception itself. */
import type { native } from '../native.js'
import type { Workspace } from '../workspace.js'
import { installBinding, uninstallBinding } from './binding.js'
import type { PatchOptions } from './patch.js'
import { type Door, setDoors } from './places.js'
import { installSurface, uninstallSurface } from './surface.js'

type Native = InstanceType<typeof native.NativeWorkspace>

/** A workspace on the stack. */
export interface Shown {
  /** The mounts have changed. */
  refresh(): void
  /** Takes it off the stack; idempotent. */
  remove(): void
}

const doors: Door[] = []
/** Those of this thread lie above those of others. */
let below = 0
let kept = false
let installed = false

function apply(): void {
  setDoors([...doors])
  const wanted = kept || doors.length > 0
  if (wanted === installed) return
  installed = wanted
  if (wanted) {
    installBinding()
    installSurface()
  } else {
    uninstallSurface()
    uninstallBinding()
  }
}

function prefixesOf(workspace: Native, options: PatchOptions): string[] {
  const wanted = options.mounts?.map((m) => (m.endsWith('/') ? m : `${m}/`))
  const found = workspace
    .mounts()
    .filter((m) => !m.infrastructure && m.prefix !== '/' && (wanted === undefined || wanted.includes(m.prefix)))
  // Longer ones first: what is mounted inside another mount belongs to the inner one.
  return found.map((m) => m.prefix.slice(0, -1)).sort((a, b) => b.length - a.length)
}

/** Puts a workspace on the stack: above all others, or below those of this thread but above others from elsewhere. */
export function show(workspace: Native, options: PatchOptions, where: 'above' | 'below'): Shown {
  const door: Door = { native: workspace.door(options.session), prefixes: prefixesOf(workspace, options) }
  if (where === 'above') doors.unshift(door)
  else doors.splice(doors.length - below++, 0, door)
  apply()
  return {
    refresh() {
      door.prefixes = prefixesOf(workspace, options)
      apply()
    },
    remove() {
      const index = doors.indexOf(door)
      if (index < 0) return
      if (where === 'below') below--
      doors.splice(index, 1)
      apply()
    },
  }
}

/** Shows a whole workspace below a directory of its own that stands for its root. */
export function showWhole(workspace: Native, prefix: string): Shown {
  const door: Door = { native: workspace.door(), prefixes: [prefix], whole: true }
  doors.unshift(door)
  apply()
  return {
    refresh() {},
    remove() {
      const index = doors.indexOf(door)
      if (index < 0) return
      doors.splice(index, 1)
      apply()
    },
  }
}

/** Keeps the interception in place from now on, also while there is nothing to show. */
export function keep(): void {
  kept = true
  apply()
}

/** Told of every workspace of this thread that is shown; what it returns is called when that ends. */
export type Observer = (workspace: Workspace, options: PatchOptions) => () => void

let observer: Observer | undefined

/** Sets who is told; there is one at most. */
export function observe(who: Observer): void {
  observer = who
}

/** Tells the observer. */
export const observed: Observer = (workspace, options) => observer?.(workspace, options) ?? (() => {})
