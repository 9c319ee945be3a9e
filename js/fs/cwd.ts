/** The process's directory inside a mount: the kernel cannot go there, so node:fs and `process.cwd` agree that it has. */
import fs from 'node:fs'
import { isMainThread } from 'node:worker_threads'

import { place } from './arguments.js'
import { errno, refused } from './errors.js'
import { ELSEWHERE, elsewhere, owner, setInside, virtualCwd } from './places.js'
import type { Wrap } from './types.js'

/* oxlint-disable prefer-rest-params -- what is not ours goes on with exactly the arguments that came */

export const cwd: Wrap = (real) =>
  function (this: unknown) {
    return virtualCwd() ?? real.apply(this, arguments as never)
  }

export const chdir: Wrap = (real) =>
  function (this: unknown, dir: unknown) {
    const found = typeof dir === 'string' && isMainThread ? place(dir) : undefined
    if (found === undefined) {
      const away = typeof dir === 'string' && owner(dir) === ELSEWHERE
      const out = away ? real.call(this, elsewhere) : real.apply(this, arguments as never)
      setInside(undefined)
      return out
    }
    const fail = (code: number): Error => refused(code, 'chdir', process.cwd(), dir)
    let target: string
    try {
      target = fs.realpathSync.native(found.shown as string)
      if (!fs.statSync(target).isDirectory()) throw fail(errno('ENOTDIR'))
    } catch (error) {
      const { syscall, errno: code } = error as NodeJS.ErrnoException
      throw syscall === 'chdir' || code === undefined ? error : fail(code)
    }
    setInside(target)
    return undefined
  }
