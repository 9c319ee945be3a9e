/** Doors to workspaces that other threads have published, kept up to date. */
import { type Shown, show } from '../fs/doors.js'
import type { PatchOptions } from '../fs/patch.js'
import { onLook } from '../fs/places.js'
import { native } from '../native.js'
import { inherited, watcher } from './threads.js'

const shown = new Map<number, Shown>()

function update(): void {
  const now = inherited()
  const ids = new Set(now.map(({ id }) => id))
  for (const [id, door] of shown) {
    if (ids.has(id)) continue
    shown.delete(id)
    door.remove()
  }
  for (const { id, note } of now) {
    const known = shown.get(id)
    if (known !== undefined) {
      known.refresh()
      continue
    }
    const workspace = native.attach(id)
    if (workspace !== null) shown.set(id, show(workspace, JSON.parse(note) as PatchOptions, 'below'))
  }
}

/** Shows what the threads above have mounted, now and from now on: every look at a path asks whether something moved. */
export function inherit(): void {
  const moved = watcher()
  const look = (): void => {
    if (moved()) update()
  }
  look()
  onLook(look)
}
