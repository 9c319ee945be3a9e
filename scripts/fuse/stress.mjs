// npm run stress [-- --seconds 300] [--kind ram|disk] [--processes 8] [--on DIR]: processes that hammer one tree and know what must be in it, while
// further mounts of the same tree come and go. Nothing may hang, no byte may be lost, no thread may stay behind.
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { RECORD, broken } from './hammer.mjs'
import { Served, on, scratch } from './mount.mjs'
import { inParallel, must, run } from './run.mjs'
import { noFuse } from './tools.mjs'

const hammer = join(dirname(fileURLToPath(import.meta.url)), 'hammer.mjs')

/** Runs `processes` of them in `dir` for some seconds; the sums of what they did. */
async function hammerAll(dir, processes, seconds) {
  for (let k = 0; k < 4; k++) mkdirSync(join(dir, 'pool', `sub${k}`), { recursive: true })
  const outputs = await inParallel(
    processes,
    Array.from(
      { length: processes },
      (_, id) => () => must(process.execPath, { args: [hammer, dir, String(id), String(seconds)], seconds: seconds + 60 }),
    ),
  )
  const all = outputs.map((text) => JSON.parse(text))
  // Every record of every process is in the log once, whole.
  const log = readFileSync(join(dir, 'log'), 'latin1')
  const total = all.reduce((n, { appended }) => n + appended, 0)
  if (log.length !== total * RECORD) throw new Error(`the log has ${log.length} bytes, not ${total * RECORD}: records are lost or torn`)
  const next = all.map(() => 0)
  for (let at = 0; at < log.length; at += RECORD) {
    const [id, n] = log.slice(at, at + RECORD).split(' ')
    if (Number(n) !== next[Number(id)]++) throw new Error(`record ${at / RECORD} of the log is '${id} ${n}', out of order`)
  }
  const sums = {}
  for (const { did } of all) for (const [name, n] of Object.entries(did)) sums[name] = (sums[name] ?? 0) + n
  return sums
}

/** Looks at everything in the pool; each file must be complete. */
function verifyPool(dir) {
  let seen = 0
  for (const sub of readdirSync(join(dir, 'pool')))
    for (const name of readdirSync(join(dir, 'pool', sub))) {
      let data
      try {
        data = readFileSync(join(dir, 'pool', sub, name))
      } catch (error) {
        if (error.code === 'ENOENT') continue
        throw error
      }
      const why = broken(data)
      if (why !== undefined) throw new Error(`${dir}/pool/${sub}/${name}: ${why}`)
      seen++
    }
  return seen
}

/** Mounts the tree again and again, looks at it, and unmounts it, now and then under the feet of a program that uses it. */
async function comeAndGo(served, from, goOn) {
  const place = scratch('coming', { inMemory: false })
  const tally = { mounts: 0, files: 0, busy: 0 }
  for (let n = from; goOn(tally.mounts); n++) {
    const dir = join(place, String(n))
    mkdirSync(dir)
    await served.ask(`mount ${n} ${dir}`)
    tally.files += verifyPool(dir)
    let user
    let fd
    if (n % 3 === 0) {
      user = spawn('sleep', ['60'], { cwd: join(dir, 'pool'), stdio: 'ignore' })
      try {
        fd = openSync(join(dir, 'log'), 'r')
      } catch {
        // Nobody has written to it yet.
      }
      tally.busy++
    }
    await served.ask(`unmount ${n}`)
    if (fd !== undefined) closeSync(fd)
    user?.kill('SIGKILL')
    tally.mounts++
    await sleep(50)
  }
  rmSync(place, { recursive: true })
  return tally
}

const countDescriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length

/** The whole test on a mount of `kind`. Throws at the first thing that is wrong. */
export async function stress(kind, { seconds, processes = 8 }) {
  const root = kind === 'disk' ? scratch('stress') : undefined
  const body = async (served) => {
    // What a mount that came and went leaves in the process for good is not a leak; twice as much for twice as many is.
    for (let k = 0; k < 4; k++) mkdirSync(join(served.dir, 'pool', `sub${k}`), { recursive: true })
    await comeAndGo(served, 1, (mounts) => mounts < 3)
    const before = { threads: (await served.threads()).length, descriptors: countDescriptors(served.pid) }
    let hammering = true
    // Both to their end: nobody may write while the mount goes.
    const both = await Promise.allSettled([
      hammerAll(served.dir, processes, seconds).finally(() => (hammering = false)),
      comeAndGo(served, 10, () => hammering),
    ])
    for (const { reason } of both) if (reason !== undefined) throw reason
    const [did, mounts] = both.map(({ value }) => value)
    const after = { threads: (await served.threads()).length, descriptors: countDescriptors(served.pid) }
    if (verifyPool(served.dir) === 0) throw new Error('nothing was left to verify')
    const failures = JSON.parse(await served.ask('errors'))
    if (failures.length > 0) throw new Error(`the mount recorded failures: ${JSON.stringify(failures.slice(0, 3))}`)
    // The mount that stays has up to 16 threads for what may wait; every mount that came and went had at least eight of its own.
    if (after.threads > before.threads + 20)
      throw new Error(`${after.threads - before.threads} threads leaked over ${mounts.mounts} mounts`)
    if (after.descriptors > before.descriptors + 4) throw new Error(`${after.descriptors - before.descriptors} descriptors leaked`)
    if (served.stuck().length > 0) throw new Error('threads are stuck in the kernel')
    return { ...did, ...mounts, threads: `${before.threads} → ${after.threads}` }
  }
  try {
    return await on(await Served.start(`stress ${kind}`, { kind, root }), body)
  } finally {
    if (root !== undefined) rmSync(root, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '300' },
      processes: { type: 'string', default: '8' },
      kind: { type: 'string', default: 'ram' },
      on: { type: 'string' },
    },
  })
  const options = { seconds: Number(values.seconds), processes: Number(values.processes) }
  const missing = noFuse()
  if (values.on !== undefined) console.log(await hammerAll(values.on, options.processes, options.seconds))
  else if (missing !== undefined) console.log(`skipped: ${missing}`)
  else {
    console.log(await stress(values.kind, options))
    // Nothing of ours may be left, whoever it belonged to.
    const { stdout } = await run('grep mirage- /proc/self/mountinfo | grep fuse || true')
    if (stdout !== '') throw new Error(`mounts are left behind:\n${stdout}`)
  }
}
