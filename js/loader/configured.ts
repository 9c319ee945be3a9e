/** The workspace that the environment describes: one for the whole process, made by the thread that needs it first. */
import { resolve } from 'node:path'

import { describeEnv, type Description, isText } from '../config/workspace.js'
import { native } from '../native.js'
import { nativeOf } from '../workspace.js'

/** The number of the main thread; what is published under it is seen by all threads. */
const MAIN = 0

/** Says so in the table of published workspaces. */
const NOTE = JSON.stringify({ configured: true })

/** A configured workspace. */
export interface Configured {
  readonly native: InstanceType<typeof native.NativeWorkspace>
  readonly description: Description
}

/**
 * The workspace, made unless another thread has; `undefined` when the environment describes none.
 *
 * @throws ConfigError when the description is wrong
 */
export function configure(): Configured | undefined {
  const value = process.env.MIRAGE_CONFIG
  if (value === undefined || value === '') return undefined
  // A process that this one starts reads the same file, wherever the program has gone meanwhile.
  if (!isText(value)) process.env.MIRAGE_CONFIG = resolve(value)
  const description = describeEnv(value)
  const known = native.published(MAIN).find(({ note }) => note === NOTE)
  const attached = known === undefined ? null : native.attach(known.id)
  if (attached !== null) return { native: attached, description }
  const made = nativeOf(description.open())
  native.publish(made, MAIN, NOTE, true)
  return { native: made, description }
}
