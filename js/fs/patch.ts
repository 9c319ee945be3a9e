/** {@link patchNodeFs}: node:fs over a workspace. */
import type { Workspace } from '../workspace.js'
import { nativeOf } from '../workspace.js'
import { installBinding, uninstallBinding } from './binding.js'
import { type Door, setDoors } from './places.js'
import { installSurface, uninstallSurface } from './surface.js'

/** Options of {@link patchNodeFs}. */
export interface PatchOptions {
  /** The session whose view of the mounts is shown; without it there is no restriction. */
  session?: string
  /** The mount points to show; all that the program mounted if left out. Mounts that come later are shown too, unless this is given. */
  mounts?: readonly string[]
}

const doors: Door[] = []

function prefixesOf(ws: Workspace, options: PatchOptions): string[] {
  const wanted = options.mounts?.map((m) => (m.endsWith('/') ? m : `${m}/`))
  const found = nativeOf(ws)
    .mounts()
    .filter((m) => !m.infrastructure && m.prefix !== '/' && (wanted === undefined || wanted.includes(m.prefix)))
  // Longer ones first: what is mounted inside another mount belongs to the inner one.
  return found.map((m) => m.prefix.slice(0, -1)).sort((a, b) => b.length - a.length)
}

/**
 * Shows the workspace's mounts to node:fs: `fs`, `fs.promises`, their synchronous twins, streams, descriptors and watchers, in
 * CommonJS and ES modules, whether they took hold of the functions before or after. Paths outside the mounts reach Node's
 * functions untouched. A mount at `/` is not shown: the process's own files lie there.
 *
 * Patches stack: of several workspaces with the same mount point the latest is seen. The function that comes back ends this one;
 * when the last one has ended, every function is the very object it was before.
 */
export function patchNodeFs(ws: Workspace, options: PatchOptions = {}): () => void {
  const native = nativeOf(ws).door(options.session)
  const door: Door = { native, prefixes: prefixesOf(ws, options) }
  const refresh = (): void => {
    door.prefixes = prefixesOf(ws, options)
    setDoors(doors)
  }
  if (doors.length === 0) {
    installBinding()
    installSurface()
  }
  doors.unshift(door)
  setDoors(doors)
  const forget = ws.onMounts(refresh, restore)
  function restore(): void {
    const index = doors.indexOf(door)
    if (index < 0) return
    forget()
    doors.splice(index, 1)
    setDoors(doors)
    if (doors.length === 0) {
      uninstallSurface()
      uninstallBinding()
    }
  }
  return restore
}
