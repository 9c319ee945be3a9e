/** Where the birth of every workspace is announced, for whoever has to follow them (`./register`). */
import type { Workspace } from './workspace.js'

let follower: ((workspace: Workspace) => void) | undefined

/** Sets who follows; there is one at most. */
export function follow(who: (workspace: Workspace) => void): void {
  follower = who
}

/** A workspace is ready for use. */
export const created = (workspace: Workspace): void => follower?.(workspace)
