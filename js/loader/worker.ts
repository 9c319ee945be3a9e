/** Worker threads that see the mounts, whatever they are started with: `new Worker(code, { eval: true })`, for one, takes no `--import`. */
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import workers from 'node:worker_threads'

/** Replaces the `Worker` of `node:worker_threads` by one that gives every worker our `--require`; what comes back undoes it. */
export function patchWorker(): () => void {
  const { Worker } = workers
  const flag = join(__dirname, 'register.cjs')
  const put = (one: typeof Worker): void => {
    // What a worker is an instance of, and what it says it was made by, stay the same.
    Worker.prototype.constructor = one
    ;(workers as { Worker: typeof Worker }).Worker = one
    syncBuiltinESMExports()
  }
  const patched: typeof Worker = new Proxy(Worker, {
    construct(target, args, newTarget): object {
      const options = (args[1] ?? {}) as { execArgv?: string[] }
      const given = options.execArgv ?? process.execArgv
      const more = given.includes(flag) ? args[1] : { ...options, execArgv: [...given, '--require', flag] }
      // A class that extends this one was handed the proxy, and is its own new.target.
      return Reflect.construct(target, [args[0], more], newTarget === patched ? target : newTarget) as object
    },
  })
  put(patched)
  return () => {
    // Somebody else may have replaced it since; theirs goes on to ours.
    if (workers.Worker === patched) put(Worker)
  }
}
