// Runs commands so that nothing they do can hold us up: each in a process group of its own, with a time limit, killed as a whole.
import { spawn } from 'node:child_process'

const KEPT = 1 << 20

/** The groups that are running, so that they end with us. */
const groups = new Set()
const killAll = () => {
  for (const pid of groups) kill(pid)
}
process.on('exit', killAll)

function kill(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/**
 * Runs a line of bash, or a program with arguments. Never rejects: the result says how it went. What is printed beyond
 * 1 MiB is dropped.
 */
export function run(command, { args, cwd, env, seconds = 60, input } = {}) {
  return new Promise((resolve) => {
    const started = performance.now()
    const child =
      args === undefined
        ? spawn('bash', ['-c', command], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
        : spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    if (child.pid !== undefined) groups.add(child.pid)
    const out = { stdout: [], stderr: [] }
    for (const name of ['stdout', 'stderr']) {
      let kept = 0
      child[name].on('data', (chunk) => {
        if (kept < KEPT) out[name].push(chunk)
        kept += chunk.length
      })
    }
    let timedOut = false
    let done = false
    const finish = (code) => {
      if (done) return
      done = true
      clearTimeout(timer)
      clearTimeout(giveUp)
      groups.delete(child.pid)
      resolve({
        code,
        timedOut,
        seconds: (performance.now() - started) / 1000,
        stdout: Buffer.concat(out.stdout).toString('latin1'),
        stderr: Buffer.concat(out.stderr).toString('latin1'),
      })
    }
    let giveUp
    const timer = setTimeout(() => {
      timedOut = true
      kill(child.pid)
      // A process that waits in the kernel cannot be killed: report it, do not wait for it.
      giveUp = setTimeout(() => finish('stuck in the kernel'), 5000)
    }, seconds * 1000)
    child.on('error', (error) => {
      out.stderr.push(Buffer.from(String(error)))
      finish(error.code)
    })
    child.on('close', (code, signal) => finish(code ?? signal))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** As {@link run}; throws, with what was printed, unless the status is 0. */
export async function must(command, options) {
  const r = await run(command, options)
  if (r.code !== 0) {
    const what = options?.args === undefined ? command : [command, ...options.args].join(' ')
    throw new Error(
      `${what.slice(0, 300)}\n  ${r.timedOut ? `not done after ${r.seconds.toFixed(0)} s` : `exit ${r.code}`}\n${(r.stdout + r.stderr).slice(-3000)}`,
    )
  }
  return r.stdout
}

/** Runs `tasks` (functions), `width` at a time; the results are in order. */
export async function inParallel(width, tasks) {
  const results = []
  let next = 0
  const worker = async () => {
    while (next < tasks.length) {
      const i = next++
      results[i] = await tasks[i]()
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
