/** Hooks on a thread of their own. They see what the thread sees that they work for. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { keep } from '../fs/doors.js'
import { shownPrefixes } from '../fs/places.js'
import { configure } from './configured.js'
import { inherit } from './heir.js'
import { type Answer, type Context, resolve } from './hooks.js'
import { setPrefixes } from './mounts.js'
import { type Ancestor, serve } from './threads.js'

let started = false

/** Follows the workspaces of the thread that asks, or of the main thread while nobody has said who asks. */
function initialize(asker: readonly Ancestor[] = [{ thread: 0, changes: new Int32Array(1) }]): void {
  serve(asker)
  if (started) return
  started = true
  keep()
  setPrefixes(shownPrefixes)
  inherit()
}

/** The hooks that `./register` asks for. */
export const threadHooks = { initialize, resolve }

type Next = (specifier: string, context: Context) => Promise<Answer>

/** What a load hook answers. */
interface Loaded {
  format?: string | null
  source?: string | ArrayBuffer | NodeJS.TypedArray | null
  shortCircuit?: boolean
}

/** Modules that nobody imports: programs, which `./register` has to run before. */
const entries = new Set<string>()

async function load(url: string, context: object, next: (url: string, context: object) => Promise<Loaded>): Promise<Loaded> {
  const loaded = await next(url, context)
  if (!entries.delete(url)) return loaded
  const register = JSON.stringify(pathToFileURL(join(__dirname, 'register.mjs')).href)
  const { format, source } = loaded
  if (format?.startsWith('module') === true && source !== null && source !== undefined) {
    const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8')
    // On the first line, so that all others keep their numbers; after a line for the system, which must stay the first.
    const [bang = ''] = /^#!.*(?:\r?\n|$)/.exec(text) ?? []
    return { ...loaded, source: `${bang}import ${register};${text.slice(bang.length)}` }
  }
  if (format?.startsWith('commonjs') === true) {
    const path = JSON.stringify(fileURLToPath(url))
    return {
      format: 'module',
      source: `import ${register}; import M from 'node:module'; M._load(${path}, null, true);`,
      shortCircuit: true,
    }
  }
  return loaded
}

/** The hooks for `--loader`: the same, and `./register` gets onto the thread of the program. */
export const flagHooks = {
  initialize(asker?: readonly Ancestor[]): void {
    if (asker === undefined) configure()
    initialize(asker)
  },
  async resolve(specifier: string, context: Context, next: Next): Promise<Answer> {
    const answer = await resolve(specifier, context, next)
    if (context.parentURL === undefined && answer.url.startsWith('file:')) entries.add(answer.url)
    return answer
  },
  load,
}
