/** Worker threads from text: `new Worker(code, { eval: true })` takes no `--import`, so it is given a `--require`. */
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import workers from 'node:worker_threads'

/** Replaces the `Worker` of `node:worker_threads` by one that gives workers from text our `--require`. */
export function patchWorker(): void {
  const { Worker } = workers
  const flag = join(__dirname, 'register.cjs')
  const patched = new Proxy(Worker, {
    construct(target, args, newTarget) {
      const options = (args[1] ?? {}) as { eval?: boolean; execArgv?: string[] }
      if (options.eval === true) {
        const given = options.execArgv ?? process.execArgv
        args = [args[0], { ...options, execArgv: given.includes(flag) ? given : [...given, '--require', flag] }]
      }
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  // What a worker is an instance of, and what it says it was made by, stay the same.
  Worker.prototype.constructor = patched
  ;(workers as { Worker: typeof Worker }).Worker = patched
  syncBuiltinESMExports()
}
