/** {@link patchNodeFs}: node:fs over a workspace. */
import type { Workspace } from '../workspace.js'
import { nativeOf } from '../workspace.js'
import { reach } from '../loader/reach.js'
import { observed, show } from './doors.js'

/** Options of {@link patchNodeFs}. */
export interface PatchOptions {
  /** The session whose view of the mounts is shown; without it there is no restriction. */
  session?: string
  /** The mount points to show; all that the program mounted if left out. Mounts that come later are shown too, unless this is given. */
  mounts?: readonly string[]
  /** Whether `import`, `require` and worker threads learn the mounts too; `true` if left out. On Node 20 that takes a thread of its own. */
  modules?: boolean
}

/** What ends the patches that nobody asked for by name. */
const automatic = new WeakMap<Workspace, () => void>()

function patch(ws: Workspace, options: PatchOptions): () => void {
  const retreat = options.modules === false ? () => {} : reach(false)
  const shown = show(nativeOf(ws), options, 'above')
  const forget = ws.onMounts(() => shown.refresh(), restore)
  const unseen = observed(ws, options)
  let over = false
  function restore(): void {
    if (over) return
    over = true
    forget()
    unseen()
    shown.remove()
    retreat()
  }
  return restore
}

/**
 * Shows the workspace's mounts to node:fs: `fs`, `fs.promises`, their synchronous twins, streams, descriptors and watchers, in
 * CommonJS and ES modules, whether they took hold of the functions before or after. Paths outside the mounts reach Node's
 * functions untouched. A mount at `/` is not shown: the process's own files lie there. `import` and `require` load code from the
 * mounts, and worker threads that are started meanwhile see them too.
 *
 * Patches stack: of several workspaces with the same mount point the latest is seen. The function that comes back ends this one;
 * when the last one has ended, every function is the very object it was before.
 */
export function patchNodeFs(ws: Workspace, options: PatchOptions = {}): () => void {
  // What `./register` did for this workspace is taken over, so that the end of this patch is the end of all.
  automatic.get(ws)?.()
  automatic.delete(ws)
  return patch(ws, options)
}

/** What `./register` does for every workspace. */
export function patchAutomatically(ws: Workspace): void {
  automatic.set(ws, patch(ws, {}))
}
