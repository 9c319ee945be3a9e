// A process that holds one workspace on the kernel, for the tests and benches: node serve.mjs '{"kind":"ram","fuse":{…}}'.
// Says `ready MOUNTPOINT` when the mount answers, takes commands on its standard input, and unmounts at its end.
//   kinds: `ram`; `disk` (of `root`); `sized`, `unknown` (written in JavaScript: the files of `root` in every directory of
//   one level, with their sizes and without); `slow` (as `sized`, each call takes `delay` ms); `generated` (one file, `stream`, of
//   `length` bytes, whose size nobody knows)
//   commands: `mount N PATH`, `unmount N` (mounts the workspace a second, third … time), `threads` (their names), `errors`
import { readFileSync, readdirSync } from 'node:fs'
import { lstat, open, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import { part } from './generated.mjs'
import { DiskResource, RAMResource, Workspace } from '../../dist/index.mjs'

const { kind, root, delay = 0, length = 0, mountpoint, fuse = {} } = JSON.parse(process.argv[2])

/** The files of `root`, read-only, the same in `/`, `/1`, `/2` …: a test that wants a file nobody has opened takes a new number. */
function fromJavaScript({ sized }) {
  const real = (path) => join(root, path.replace(/^\/\d+(?=\/|$)/, ''))
  const wait = () => (delay > 0 ? sleep(delay) : undefined)
  return {
    kind: 'test',
    async stat(path) {
      await wait()
      const s = await lstat(real(path)).catch(() => null)
      if (s === null) return null
      return s.isDirectory()
        ? { type: 'directory', mtime: s.mtime }
        : { type: 'file', mtime: s.mtime, mode: s.mode & 0o7777, size: sized ? s.size : null, fingerprint: `${s.mtimeMs}` }
    },
    async readdir(path) {
      await wait()
      return readdir(real(path))
    },
    async readFile(path) {
      await wait()
      return readFile(real(path))
    },
    ...(sized && {
      async readRange(path, start, end) {
        await wait()
        const file = await open(real(path))
        try {
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(end - start), 0, end - start, start)
          return buffer.subarray(0, bytesRead)
        } finally {
          await file.close()
        }
      },
    }),
  }
}

/** One file of `length` bytes that says nothing of its size. */
const stream = {
  kind: 'test',
  stat: (path) => (path === '/' ? { type: 'directory' } : path === '/stream' ? { type: 'file', fingerprint: 'same' } : null),
  readdir: () => ['stream'],
  readFile: () => part(0, length),
  readRange: (path, start, end) => part(start, Math.min(end, length)),
}

const resource =
  kind === 'generated'
    ? stream
    : kind === 'ram'
      ? new RAMResource()
      : kind === 'disk'
        ? new DiskResource({ root })
        : fromJavaScript({ sized: kind !== 'unknown' })
const ws = new Workspace({ '/data': resource }, { mode: 'write' })
const where = await ws.addFuseMount('/data', mountpoint, fuse)
console.log(`ready ${where}`)

const sessions = new Map()
const commands = {
  async mount(n, path) {
    const session = `mount-${n}`
    ws.createSession(session)
    sessions.set(n, session)
    return ws.addFuseMount('/data', path, session)
  },
  async unmount(n) {
    const session = sessions.get(n)
    await ws.removeFuseMount('/data', session)
    await ws.closeSession(session)
    return 'done'
  },
  threads: () =>
    JSON.stringify(readdirSync('/proc/self/task').map((task) => readFileSync(`/proc/self/task/${task}/comm`, 'latin1').trim())),
  errors: () => JSON.stringify(ws.fuseErrors),
}
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = line.split(' ')
  try {
    console.log(`ok ${await commands[name](...args)}`)
  } catch (error) {
    console.log(`failed ${error.message}`)
  }
}
await ws.close()
// Whatever keeps the event loop alive now is a leak that the tests want to see; they kill us after a while.
