// Mounts for the tests and benches, each served by a process of its own, so that a defect cannot take the test down with it.
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { run } from './run.mjs'

const serve = join(dirname(fileURLToPath(import.meta.url)), 'serve.mjs')

/** A scratch directory that everybody may read; in memory where the system has such a place, so that disks do not decide how fast tests are. */
export function scratch(name, { inMemory = true } = {}) {
  const base = inMemory && process.platform === 'linux' ? '/dev/shm' : tmpdir()
  const dir = mkdtempSync(join(base, `mirage-${name}-`))
  chmodSync(dir, 0o755)
  return dir
}

/** Whether anything is mounted at `dir`. */
export const isMounted = (dir) => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${dir} `)

/** A place for tests: a directory, and how to end it. `Plain` is the real thing that ours is compared with. */
export class Plain {
  constructor() {
    this.label = 'tmpfs'
    this.dir = scratch('plain')
  }

  async stop() {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A mount of ours; see serve.mjs for `what`. */
export class Served {
  #process
  #answers = []
  #ended
  #own

  static async start(label, what) {
    const served = new Served()
    served.label = label
    served.#own = what.mountpoint === undefined ? scratch('mount', { inMemory: false }) : undefined
    const options = { mountpoint: served.#own, ...what }
    const child = spawn(process.execPath, [serve, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
    served.#process = child
    child.stdin.on('error', () => {})
    served.#ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)))
    createInterface({ input: child.stdout }).on('line', (line) => served.#answers.shift()?.(line))
    const line = await served.#next(30)
    if (!line.startsWith('ready ')) throw new Error(`${label}: the mount did not come up: ${line}`)
    served.dir = line.slice(6)
    return served
  }

  get pid() {
    return this.#process.pid
  }

  #next(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(`no answer within ${seconds} s`), seconds * 1000)
      const done = (line) => {
        clearTimeout(timer)
        resolve(line)
      }
      this.#answers.push(done)
      this.#ended.then((how) => done(`the process ended: ${how}`))
    })
  }

  /** Has the serving process do something. */
  async ask(command) {
    const answer = this.#next(60)
    this.#process.stdin.write(`${command}\n`)
    const line = await answer
    if (!line.startsWith('ok ')) throw new Error(`${this.label}: ${command}: ${line}`)
    return line.slice(3)
  }

  /** Threads of the serving process, by name. */
  async threads() {
    return JSON.parse(await this.ask('threads'))
  }

  /** Processes that wait in the kernel without being killable, below the serving one. */
  stuck() {
    try {
      return readdirSync(`/proc/${this.pid}/task`).filter((task) =>
        /^State:\s+D/m.test(readFileSync(`/proc/${this.pid}/task/${task}/status`, 'latin1')),
      )
    } catch {
      return []
    }
  }

  /** Ends it in order. Throws when it does not end, or leaves its mount behind; both are cleaned up then. */
  async stop() {
    const problems = []
    this.#process.stdin.end()
    const timer = setTimeout(() => {
      problems.push(`the serving process did not end within 20 s (threads in D state: ${this.stuck().join(' ') || 'none'})`)
      process.kill(this.pid, 'SIGKILL')
    }, 20_000)
    const how = await this.#ended
    clearTimeout(timer)
    if (how !== 0 && problems.length === 0) problems.push(`the serving process ended with ${how}`)
    if (isMounted(this.dir)) {
      problems.push(`the mount at ${this.dir} is still there`)
      await run(`umount -l '${this.dir}' || fusermount3 -uz '${this.dir}'`, { seconds: 10 })
    }
    if (this.#own !== undefined) {
      try {
        rmdirSync(this.#own)
      } catch (error) {
        problems.push(`the directory mounted on is not what it was: ${error.code}`)
      }
    }
    if (problems.length > 0) throw new Error(`${this.label}: ${problems.join('; ')}`)
  }
}

/** Runs `body` on a place, and ends the place whatever happens. */
export async function on(place, body) {
  let result
  try {
    result = await body(place)
  } catch (error) {
    await place.stop().catch(() => {})
    throw error
  }
  await place.stop()
  return result
}

/** An empty directory below a place. */
export function room(place, name) {
  const dir = join(place.dir, name)
  mkdirSync(dir, { recursive: true })
  return dir
}
