/**
 * `./register`: before the program's own code runs, node:fs is patched, `import` and `require` learn the mounts, and every workspace that
 * the program makes is mounted on its own.
 */
import workers, { isMainThread } from 'node:worker_threads'

import { ConfigError } from '../config/parse.js'
import { keep, show } from '../fs/doors.js'
import { patchAutomatically } from '../fs/patch.js'
import { follow } from '../life.js'
import type { Workspace } from '../workspace.js'
import { type Configured, configure } from './configured.js'
import { inherit } from './heir.js'
import { reach } from './reach.js'
import { automatic } from './threads.js'

let registered = false
let configured: Configured | undefined

/** Whether this is a thread of hooks. It inherits `--require` too, but what it needs comes with the hooks. */
function isInternal(): boolean {
  const known = (workers as { isInternalThread?: boolean }).isInternalThread
  return known ?? (!isMainThread && workers.parentPort === null)
}

/** Switches everything on; once for each thread. */
export function register(): void {
  if (registered || isInternal()) return
  registered = true
  keep()
  if (isMainThread) {
    configured = configure()
    if (configured !== undefined) show(configured.native, {}, 'below')
  } else inherit()
  reach(automatic)
  // From now on: the configured workspace is shown already.
  if (automatic) follow(patchAutomatically)
}

/** A workspace that can be mounted in the kernel. */
interface Mountable {
  addFuseMount?: (prefix: string, mountpoint?: string) => Promise<unknown>
}

/**
 * Mounts the configured workspace in the kernel where that was asked for: by `mirage run --fuse` every mount under its own name, by
 * `fuse` in the description at the place given there. Processes that this one starts then find it there.
 */
export async function mountInKernel(): Promise<void> {
  const made = configured?.made
  const all = process.env.MIRAGE_FUSE === '1'
  if (made === undefined || !isMainThread) {
    if (all && isMainThread) throw new ConfigError('--fuse needs a description of the workspace: --config FILE')
    return
  }
  const { fuse, prefixes } = made.description
  const wanted = prefixes.flatMap((prefix): [string, string | undefined][] => {
    const own = fuse[prefix]
    if (own !== undefined) return [[prefix, own === true ? undefined : own]]
    return all ? [[prefix, prefix]] : []
  })
  if (wanted.length === 0) return
  const workspace = made.workspace as Workspace & Mountable
  if (typeof workspace.addFuseMount !== 'function') {
    throw new ConfigError('the kernel mount is not available in this version: leave out --fuse and fuse')
  }
  for (const [prefix, mountpoint] of wanted) await workspace.addFuseMount(prefix, mountpoint)
  // They see this process's tree; a tree of their own would hide it.
  delete process.env.MIRAGE_FUSE
  delete process.env.MIRAGE_CONFIG
}
