// npm run bench:fuse [-- --only WORD] [--files 4000] [--megabytes 256] [--runs 3]: kernel mounts beside a directory in memory and beside what others
// mount there, in one run, the best of each. The table is printed, and written as JSON to benches/results/fuse.json.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Plain, Served, isMounted, scratch } from '../scripts/fuse/mount.mjs'
import { makeTree } from '../scripts/fuse/programs.mjs'
import { must, run } from '../scripts/fuse/run.mjs'
import { install, noFuse } from '../scripts/fuse/tools.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    files: { type: 'string', default: '4000' },
    megabytes: { type: 'string', default: '256' },
    runs: { type: 'string', default: '3' },
  },
})
const reason = noFuse()
if (reason !== undefined) {
  console.log(`skipped: ${reason}`)
  process.exit(0)
}
const absent = new Set(install(['cc', 'bindfs', 'sshfs', 'rclone', 'ssh']))
const temporary = scratch('bench')
const client = join(temporary, 'client')
await must(`cc -O2 -o '${client}' '${join(here, 'fuse-client.c')}'`)

/** What DESIGN §7 asks of RAM: a figure, or a share of what tmpfs does in the same run. */
const BUDGET = {
  'read-again': (tmpfs) => 0.9 * tmpfs['read-again'],
  'read-cold': () => 1400,
  'create-1K': () => 24_000,
  stat: () => 110_000,
}

/** A mount that a program of somebody else serves on a directory in memory. */
async function foreign(command, { server } = {}) {
  const [source, dir] = [join(temporary, `source${Math.random()}`), scratch('bench-mount', { inMemory: false })]
  mkdirSync(source)
  const close = await server?.()
  const child = spawn('sh', ['-c', `exec ${command(source, dir, close?.port)}`], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (let i = 0; i < 100 && !isMounted(dir); i++) await sleep(100)
  const stop = async () => {
    await run(`fusermount3 -uz '${dir}' || umount -l '${dir}'`)
    child.kill()
    close?.close()
    rmSync(source, { recursive: true, force: true })
  }
  if (!isMounted(dir)) {
    await stop()
    throw new Error('it did not mount')
  }
  return { dir, source, stop }
}

/** sshfs speaks to OpenSSH's file server through a socket, without the encryption. */
function sftp() {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.setNoDelay(true)
      const child = spawn('/usr/lib/openssh/sftp-server', ['-e'], { stdio: ['pipe', 'pipe', 'ignore'] })
      socket.pipe(child.stdin).on('error', () => {})
      child.stdout.pipe(socket).on('error', () => {})
      socket.on('close', () => child.kill())
    })
    server.listen(0, '127.0.0.1', () => resolve({ port: server.address().port, close: () => server.close() }))
  })
}

const inMemory = () => {
  const root = join(temporary, `root${Math.random()}`)
  mkdirSync(root)
  return root
}

const systems = {
  tmpfs: () => new Plain(),
  'ours, RAM': () => Served.start('ram', { kind: 'ram' }),
  'ours, RAM, writeback': () => Served.start('ram', { kind: 'ram', fuse: { writeback: true } }),
  'ours, Disk': () => Served.start('disk', { kind: 'disk', root: inMemory() }),
  bindfs: () => foreign((source, dir) => `bindfs -f '${source}' '${dir}'`),
  sshfs: () => foreign((source, dir, port) => `sshfs -f -o directport=${port} 127.0.0.1:'${source}' '${dir}'`, { server: sftp }),
  rclone: () => foreign((source, dir) => `rclone mount --vfs-cache-mode writes '${source}' '${dir}'`),
}
const needs = { bindfs: 'bindfs', sshfs: 'sshfs', rclone: 'rclone' }

async function measure(place) {
  const best = {}
  for (let i = 0; i < Number(options.runs); i++) {
    const out = await must(client, { args: [place.dir, options.files, options.megabytes], seconds: 600 })
    for (const line of out.trim().split('\n')) {
      const [name, value] = line.split(' ')
      best[name] = Math.max(best[name] ?? 0, Number(value))
    }
    // By a program: one of the peers is fed by our event loop, which must not wait for it.
    await must(`rm -f '${place.dir}/big'`)
  }
  const tree = join(place.dir, 'tree')
  const original = inMemory()
  makeTree(original, { files: 1000 })
  await must(`cp -r '${original}' '${tree}'`, { seconds: 300 })
  for (let i = 0; i < 3; i++) {
    const { seconds } = await run(`grep -rc needle '${tree}' > /dev/null`)
    best['grep -r, per s'] = Math.max(best['grep -r, per s'] ?? 0, 1 / seconds)
  }
  return best
}

/** What is written in JavaScript and takes its time: the same tree in front of it, and through the mount. */
async function slow(delay) {
  const root = inMemory()
  makeTree(root, { files: 200 })
  const bytes = Buffer.alloc(32 << 20, 'x')
  writeFileSync(join(root, 'big'), bytes)
  const place = await Served.start('slow', { kind: 'slow', root, delay })
  try {
    const time = async (command) => {
      const start = performance.now()
      await must(command, { seconds: 300 })
      return (performance.now() - start) / 1000
    }
    const result = { 'read-cold': 32 / (await time(`cat '${place.dir}/big' > /dev/null`)) }
    result['read-again'] = 32 / (await time(`cat '${place.dir}/big' > /dev/null`))
    result['grep -r, per s'] = 1 / (await time(`grep -rc needle '${place.dir}/d1' > /dev/null || true`))
    return result
  } finally {
    await place.stop()
  }
}

const results = {}
for (const [name, start] of Object.entries(systems)) {
  if (options.only !== undefined && name !== 'tmpfs' && !name.includes(options.only)) continue
  if (absent.has(needs[name])) {
    console.log(`${name}: not installed here`)
    continue
  }
  try {
    const place = await start()
    try {
      results[name] = await measure(place)
    } finally {
      await place.stop()
    }
  } catch (error) {
    console.log(`${name}: ${String(error.message).split('\n').slice(0, 3).join(' ')}`)
  }
}
if (options.only === undefined || 'ours, JavaScript, 5 ms'.includes(options.only)) {
  try {
    results['ours, JavaScript, 5 ms'] = await slow(5)
  } catch (error) {
    console.log(`slow: ${error.message}`)
  }
}
const names = [...new Set(Object.values(results).flatMap((r) => Object.keys(r)))]
const shown = (n) =>
  n === undefined ? '-' : n >= 1000 ? Math.round(n).toLocaleString('en').replaceAll(',', ' ') : n.toFixed(n < 10 ? 1 : 0)
const row = (cells) => console.log(cells.map((c, i) => (i === 0 ? String(c).padEnd(24) : String(c).padStart(12))).join(''))
console.log(
  `\nMiB/s (write, read) and operations/s, best of ${options.runs}; ${cpus().length} × ${cpus()[0]?.model}; ${readFileSync('/proc/loadavg', 'utf8').trim()}\n`,
)
row(['', ...names])
for (const [name, r] of Object.entries(results)) row([name, ...names.map((n) => shown(r[n]))])
console.log('')
const ours = results['ours, RAM']
if (ours !== undefined)
  for (const [name, budget] of Object.entries(BUDGET)) {
    const wanted = budget(results.tmpfs)
    console.log(`budget ${name}: ${shown(ours[name])} of ${shown(wanted)} ${ours[name] >= wanted ? 'kept' : 'MISSED'}`)
  }
mkdirSync(join(here, 'results'), { recursive: true })
writeFileSync(join(here, 'results', 'fuse.json'), `${JSON.stringify({ date: new Date().toISOString(), results }, null, 2)}\n`)
rmSync(temporary, { recursive: true, force: true })
