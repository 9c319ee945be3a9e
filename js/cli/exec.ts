/** `mirage exec`: a line of shell on the workspace. */
import { describeEnv } from '../config/workspace.js'
import { Workspace } from '../workspace.js'
import type { Options } from './options.js'
import { configOf } from './run.js'

function written(stream: NodeJS.WriteStream): (chunk: Uint8Array) => Promise<void> | undefined {
  let gone = false
  // The reader has left (`mirage exec … | head -1`): the shell is told so by the first write that fails.
  stream.on('error', () => (gone = true))
  return (chunk) => {
    if (gone) throw Object.assign(new Error('EPIPE'), { code: 'EPIPE' })
    if (stream.write(chunk)) return undefined
    return new Promise((resolve) => {
      const done = (): void => {
        stream.off('drain', done)
        stream.off('error', done)
        resolve()
      }
      stream.on('drain', done)
      stream.on('error', done)
    })
  }
}

/** Runs the script; its exit status. */
export async function exec(options: Options): Promise<number> {
  const config = configOf(options.config)
  // Who pipes the output on wants all of it.
  const more = { outputLimits: false }
  const ws = config === undefined ? new Workspace({}, { mode: 'write', ...more }) : describeEnv(config).open(more)
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => stop.abort(signal)
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  try {
    const { exitCode } = await ws.execute(options.rest[0] as string, {
      stdin: process.stdin.isTTY ? null : process.stdin,
      onStdout: written(process.stdout),
      onStderr: written(process.stderr),
      buffer: false,
      signal: stop.signal,
    })
    return exitCode
  } catch (error) {
    if (!stop.signal.aborted) throw error
    return stop.signal.reason === 'SIGINT' ? 130 : 143
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    await ws.close()
    // A standard input that nobody read to its end must not hold the process.
    process.stdin.unref?.()
  }
}
