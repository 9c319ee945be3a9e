/** What changed in a workspace: one listener in the addon for as many watchers as there are. */
import type { NativeDoor } from './places.js'

/** Told of a change: the path, and whether everything below it may have changed too. */
export type ChangeListener = (path: string, tree: boolean) => void

interface Source {
  readonly listeners: Set<ChangeListener>
  readonly id: number
}

const sources = new Map<NativeDoor, Source>()

/** Calls `listener` after every change; the function that comes back ends that. */
export function onChange(door: NativeDoor, listener: ChangeListener): () => void {
  let source = sources.get(door)
  if (source === undefined) {
    const listeners = new Set<ChangeListener>()
    const id = door.watch((path, tree) => {
      for (const each of [...listeners]) each(path, tree)
    })
    source = { listeners, id }
    sources.set(door, source)
  }
  const { listeners, id } = source
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || sources.get(door)?.id !== id) return
    sources.delete(door)
    door.unwatch(id)
  }
}
