/**
 * `./register`: before the program's own code runs, node:fs is patched, `import` and `require` learn the mounts, and every workspace that
 * the program makes is mounted on its own.
 */
import workers, { isMainThread } from 'node:worker_threads'

import { ConfigError } from '../config/parse.js'
import { keep, show } from '../fs/doors.js'
import { patchAutomatically } from '../fs/patch.js'
import { FuseMounts } from '../fuse.js'
import { follow } from '../life.js'
import { type Configured, configure } from './configured.js'
import { inherit } from './heir.js'
import { reach } from './reach.js'
import { automatic } from './threads.js'

let registered = false

/** Whether this is a thread of hooks. It inherits `--require` too, but what it needs comes with the hooks. */
function isInternal(): boolean {
  const known = (workers as { isInternalThread?: boolean }).isInternalThread
  return known ?? (!isMainThread && workers.parentPort === null)
}

/**
 * Mounts the configured workspace in the kernel where that was asked for, so that any program finds it: by `mirage run --fuse` every mount
 * under its own name, by `fuse` in the description at the place given there. `MIRAGE_MOUNTPOINTS` tells where they are.
 */
function mountInKernel(configured: Configured | undefined): void {
  const all = process.env.MIRAGE_FUSE === '1'
  if (configured === undefined) {
    if (all) throw new ConfigError('--fuse needs a description of the workspace: --config FILE')
    return
  }
  const { fuse, prefixes } = configured.description
  const mounts = new FuseMounts(configured.native)
  for (const prefix of prefixes) {
    const place = fuse[prefix] ?? (all ? prefix : undefined)
    if (place !== undefined) mounts.add(prefix, place === true ? {} : { mountpoint: place })
  }
  if (Object.keys(mounts.mountpoints).length > 0) process.env.MIRAGE_MOUNTPOINTS = JSON.stringify(mounts.mountpoints)
  delete process.env.MIRAGE_FUSE
  // A process that this one starts sees this one's tree; a tree of its own would hide it.
  if (all && Object.keys(fuse).length === 0) delete process.env.MIRAGE_CONFIG
}

/** Switches everything on; once for each thread. */
export function register(): void {
  if (registered || isInternal()) return
  registered = true
  keep()
  if (isMainThread) {
    const configured = configure()
    if (configured !== undefined) show(configured.native, {}, 'below')
    mountInKernel(configured)
  } else inherit()
  reach(automatic)
  // From now on: the configured workspace is shown already.
  if (automatic) follow(patchAutomatically)
}
