/**
 * Which workspaces a thread sees: its own, and those of the threads that started it. Each thread has a list in native code, under its
 * number, and a counter in shared memory that moves when the list does; a new thread inherits the counters of those above it.
 */
import { getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads'

import { native } from '../native.js'

type Native = InstanceType<typeof native.NativeWorkspace>

/** A thread, as those that it started know it. */
export interface Ancestor {
  readonly thread: number
  /** Moves whenever the thread publishes something, or takes it back. */
  readonly changes: Int32Array
}

const KEY = '@mirage/node-native.threads'

/** What a thread hands down to those that it starts. */
interface Inheritance {
  readonly threads: readonly Ancestor[]
  /** Whether workspaces are mounted when they are made. */
  readonly automatic: boolean
}

const inheritance = getEnvironmentData(KEY) as unknown as Inheritance | undefined

let above: readonly Ancestor[] = inheritance?.threads ?? []
let here: Ancestor | undefined

/** Whether this thread shall mount workspaces when they are made: one that was started by a thread that does not, does not either. */
export const automatic = inheritance?.automatic ?? true

/** Lets the threads that this one starts know whose workspaces they see, and whether they mount their own when they are made. */
export function bequeath(automatic: boolean): void {
  here ??= { thread: threadId, changes: new Int32Array(new SharedArrayBuffer(4)) }
  setEnvironmentData(KEY, { threads: lineage(), automatic } satisfies Inheritance as never)
}

/** Makes this thread see what another one sees: a thread of hooks works for the thread that asks. */
export function serve(asker: readonly Ancestor[]): void {
  above = asker
}

/** This thread and those above it, nearest first; can be sent to another thread. */
export const lineage = (): readonly Ancestor[] => (here === undefined ? above : [here, ...above])

/** Tells the threads below that they should look again. */
export function changed(): void {
  if (here !== undefined) Atomics.add(here.changes, 0, 1)
}

/** Makes a workspace visible to the threads below, with a note for them. */
export function publish(workspace: Native, note: string): () => void {
  const id = native.publish(workspace, threadId, note, false)
  changed()
  return () => {
    native.unpublish(id)
    changed()
  }
}

/** What threads above have published: the farthest thread first. */
export const inherited = (): { id: number; note: string }[] => [...above].reverse().flatMap(({ thread }) => native.published(thread))

/** A cheap question whether {@link inherited} may have changed since it was asked last. */
export function watcher(): () => boolean {
  let known: readonly Ancestor[] = []
  let seen = new Int32Array(0)
  return () => {
    if (known !== above) {
      known = above
      seen = new Int32Array(above.length).fill(-1)
    }
    let moved = false
    for (let i = 0; i < known.length; i++) {
      const now = (known[i] as Ancestor).changes[0] as number
      if (now !== seen[i]) {
        seen[i] = now
        moved = true
      }
    }
    return moved
  }
}
