/**
 * `./register`: before the program's own code runs, node:fs is patched, `import` and `require` learn the mounts, and every workspace that
 * the program makes is mounted on its own.
 */
import Module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import workers, { isMainThread } from 'node:worker_threads'

import { ConfigError } from '../config/parse.js'
import { keep, observe, show } from '../fs/doors.js'
import { patchAutomatically } from '../fs/patch.js'
import { shownPrefixes } from '../fs/places.js'
import { follow } from '../life.js'
import { nativeOf, type Workspace } from '../workspace.js'
import { extensions, patchRequire } from './cjs.js'
import { type Configured, configure } from './configured.js'
import { inherit } from './heir.js'
import { resolveSync, setExtensions } from './hooks.js'
import { setPrefixes } from './mounts.js'
import { changed, enter, lineage, publish } from './threads.js'
import { patchWorker } from './worker.js'

let registered = false
let configured: Configured | undefined

/** Whether `--loader` was given, which makes Node load everything on the thread of the hooks. */
const flagged = (): boolean =>
  [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].some((flag) => /^--(?:experimental-)?loader(?:=|$)/.test(flag))

/** Adds hooks on their own thread, which is told whose workspaces count. */
function addThread(): void {
  if (!('register' in Module)) return
  const warn = process.emitWarning
  try {
    // From Node 26 on it is deprecated for the hooks that the thread itself can have, but for what `--loader` starts there is no other way.
    process.emitWarning = () => {}
    const hooks = pathToFileURL(join(__dirname, 'hooks.mjs')).href
    ;(Module.register as (url: string, options: object) => void)(hooks, { data: lineage() })
  } finally {
    process.emitWarning = warn
  }
}

/** The hooks: on the thread itself where Node has them there, else on their own. */
function addHooks(): void {
  const here = 'registerHooks' in Module
  if (here) (Module as unknown as { registerHooks(hooks: object): void }).registerHooks({ resolve: resolveSync })
  if (!here || flagged()) addThread()
}

/** Mounts what the program makes, and lets the threads below see all that is mounted here. */
function followWorkspaces(): void {
  follow(patchAutomatically)
  observe((workspace, options) => {
    const forget = workspace.onMounts(changed, () => {})
    const unpublish = publish(nativeOf(workspace), JSON.stringify(options))
    return () => {
      forget()
      unpublish()
    }
  })
}

/** Switches everything on; once for each thread. */
export function register(): void {
  // A thread of hooks inherits `--require` too; what it needs comes with the hooks.
  if (registered || (workers as { isInternalThread?: boolean }).isInternalThread === true) return
  registered = true
  enter()
  keep()
  setPrefixes(shownPrefixes)
  if (isMainThread) {
    configured = configure()
    if (configured !== undefined) show(configured.native, {}, 'below')
  } else inherit()
  // After the configured workspace, which is shown already.
  followWorkspaces()
  setExtensions(extensions)
  patchRequire()
  addHooks()
  patchWorker()
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
