/** `mirage run`: a program with its node:fs on the mounts. */
import { spawn } from 'node:child_process'
import Module from 'node:module'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describeEnv, describeFile, discover } from '../config/workspace.js'
import type { Options } from './options.js'

/** What `MIRAGE_CONFIG` shall be for a command line; checked, so that a bad description is reported before anything starts. */
export function configOf(config: string | false | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (config === false) return undefined
  const file = config ?? (env.MIRAGE_CONFIG === undefined || env.MIRAGE_CONFIG === '' ? discover(process.cwd()) : undefined)
  if (file !== undefined) {
    describeFile(file)
    return resolve(file)
  }
  const inherited = env.MIRAGE_CONFIG
  if (inherited === undefined || inherited === '') return undefined
  describeEnv(inherited)
  return inherited
}

/** The options that switch this package on, for the Node that runs. */
function nodeOptions(): string[] {
  const at = (name: string): string => pathToFileURL(join(__dirname, name)).href
  const register = ['--import', at('register.mjs')]
  // Before 20.6 there was no way but the flag to get hooks in.
  const hooks = 'register' in Module ? [] : ['--no-warnings', '--experimental-loader', at('loader.mjs')]
  return [...hooks, ...register]
}

/** Signals that end or steer a program, and that whoever sent them to the launcher meant for the program. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGCONT']

/** Starts the program and waits; its exit status. When a signal ended it, the launcher ends by the same signal. */
export function launch(options: Options): Promise<number> {
  const env: NodeJS.ProcessEnv = { ...process.env }
  const config = configOf(options.config)
  if (config === undefined) delete env.MIRAGE_CONFIG
  else env.MIRAGE_CONFIG = config
  if (options.fuse) env.MIRAGE_FUSE = '1'
  else delete env.MIRAGE_FUSE
  const child = spawn(process.execPath, [...process.execArgv, ...nodeOptions(), ...options.node, ...options.rest], {
    stdio: 'inherit',
    env,
  })
  const handlers = SIGNALS.map((signal) => {
    const handler = (): void => {
      // A terminal sends these to every process of the group: the program has it already.
      if ((signal === 'SIGINT' || signal === 'SIGQUIT' || signal === 'SIGWINCH') && process.stdin.isTTY) return
      child.kill(signal)
    }
    process.on(signal, handler)
    return [signal, handler] as const
  })
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler)
      if (signal === null) return done(code ?? 0)
      process.kill(process.pid, signal)
      // A signal that does not end a process leaves the customary status.
      setTimeout(() => done(128 + (constants.signals[signal] ?? 0)), 100)
    })
  })
}
