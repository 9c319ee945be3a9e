/** How far a patch of node:fs reaches beyond it: `import`, `require`, native addons, and worker threads learn the mounts too. */
import Module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { observe } from '../fs/doors.js'
import { shownPrefixes } from '../fs/places.js'
import { nativeOf } from '../workspace.js'
import { extensions, patchRequire } from './cjs.js'
import { resolveSync, setExtensions } from './hooks.js'
import { setPrefixes } from './mounts.js'
import { bequeath, changed, lineage, publish } from './threads.js'
import { patchWorker } from './worker.js'

/** Whether `--loader` was given, which makes Node load everything on the thread of the hooks. */
const flagged = (): boolean =>
  [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)].some((flag) => /^--(?:experimental-)?loader(?:=|$)/.test(flag))

let threaded = false

/** Adds hooks on their own thread, which is told whose workspaces count. There is no way to take them out again. */
function addThread(): void {
  if (threaded || !('register' in Module)) return
  threaded = true
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
function addHooks(): () => void {
  const here = 'registerHooks' in Module
  if (!here || flagged()) addThread()
  if (!here) return () => {}
  const { registerHooks } = Module as unknown as { registerHooks(hooks: object): { deregister(): void } }
  const hooks = registerHooks({ resolve: resolveSync })
  return () => hooks.deregister()
}

/** Lets the threads below see what is shown here. */
function share(): void {
  observe((workspace, options) => {
    const forget = workspace.onMounts(changed, () => {})
    const unpublish = publish(nativeOf(workspace), JSON.stringify(options))
    return () => {
      forget()
      unpublish()
    }
  })
}

let users = 0
let undo: (() => void)[] = []

/**
 * Reaches out, for as long as anybody wants it; what comes back ends it for the caller.
 *
 * @param automatic whether the threads that this one starts mount workspaces when they are made
 */
export function reach(automatic: boolean): () => void {
  if (users++ === 0) {
    bequeath(automatic)
    setPrefixes(shownPrefixes)
    setExtensions(extensions)
    share()
    undo = [patchRequire(), addHooks(), patchWorker()]
  } else if (automatic) bequeath(true)
  let over = false
  return () => {
    if (over) return
    over = true
    if (--users > 0) return
    for (const back of undo.reverse()) back()
  }
}
