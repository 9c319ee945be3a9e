/** What changed in a workspace: one listener in the addon for as many watchers as there are. */
import type { NativeDoor } from './places.js'

/** Told of a change: the path, and whether everything below it may have changed too. */
export type ChangeListener = (path: string, tree: boolean) => void

interface Source {
  /** Who listens, and from which change on: what happened before may still be on its way. */
  readonly listeners: Map<ChangeListener, number>
  readonly id: number
}

const sources = new Map<NativeDoor, Source>()

function listen(door: NativeDoor): Source {
  const listeners = new Map<ChangeListener, number>()
  const id = door.watch((path, tree, number) => {
    for (const [listener, from] of Array.from(listeners)) if (number > from && listeners.has(listener)) listener(path, tree)
  })
  const source = { listeners, id }
  sources.set(door, source)
  return source
}

/** Calls `listener` after every change from now on; the function that comes back ends that. */
export function onChange(door: NativeDoor, listener: ChangeListener): () => void {
  const source = sources.get(door) ?? listen(door)
  source.listeners.set(listener, door.watched(source.id))
  return () => {
    source.listeners.delete(listener)
    if (source.listeners.size > 0 || sources.get(door) !== source) return
    sources.delete(door)
    door.unwatch(source.id)
  }
}
