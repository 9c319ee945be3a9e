// node:fs calls on a mount, beside the memory file systems that others offer and the host's own: npm run bench:fs [-- --runs 3]
// Each system has a process of its own; the figures are the least of many short batches, in microseconds a call.
import { fork, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const KB = Buffer.alloc(1024, 'kilobyte')
const MB10 = Buffer.alloc(10 << 20, 'ten megabytes')

/** How each system comes to serve node:fs: the functions to call, and a directory. */
const SYSTEMS = {
  host: () => ({ fs, dir: fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bench-')) }),
  ours: () => {
    const { patchNodeFs, RAMResource, Workspace } = require('../dist/index.cjs')
    patchNodeFs(new Workspace({ '/bench': new RAMResource() }, { mode: 'write' }))
    return { fs, dir: '/bench' }
  },
  'ours, outside': () => {
    const { patchNodeFs, RAMResource, Workspace } = require('../dist/index.cjs')
    patchNodeFs(new Workspace({ '/bench': new RAMResource() }, { mode: 'write' }))
    return SYSTEMS.host()
  },
  memfs: () => {
    const { fs: memory } = require('memfs')
    memory.mkdirSync('/bench')
    return { fs: memory, dir: '/bench' }
  },
  'memfs+unionfs+fs-monkey': () => {
    const { Volume } = require('memfs')
    const { Union } = require('unionfs')
    const { patchFs } = require('fs-monkey')
    const volume = Volume.fromJSON({ '/bench/x': '' })
    const union = new Union()
    union.use({ ...fs }).use(volume)
    patchFs(union)
    return { fs, dir: '/bench' }
  },
  '@platformatic/vfs': () => {
    const { create } = require('@platformatic/vfs')
    const vfs = create()
    vfs.mount('/bench')
    return { fs: vfs, dir: '/bench' }
  },
  'node:vfs': () => {
    const vfs = process.getBuiltinModule('node:vfs').create(undefined, { emitExperimentalWarning: false })
    return { fs, dir: vfs.mount() }
  },
}

/** Calls of each system; `async` ones are awaited one after the other. */
const tasks = ({ fs: f, dir }) => ({
  'readFileSync 1 KB': () => f.readFileSync(`${dir}/kb`),
  'readFileSync 1 KB utf8': () => f.readFileSync(`${dir}/kb`, 'utf8'),
  'writeFileSync 1 KB': () => f.writeFileSync(`${dir}/kbw`, KB),
  statSync: () => f.statSync(`${dir}/kb`),
  existsSync: () => f.existsSync(`${dir}/kb`),
  'readdirSync 100': () => f.readdirSync(`${dir}/list`),
  'readFileSync 10 MB': () => f.readFileSync(`${dir}/mb`),
  'writeFileSync 10 MB': () => f.writeFileSync(`${dir}/mbw`, MB10),
  'readFile 1 KB': async () => f.promises.readFile(`${dir}/kb`),
  'writeFile 1 KB': async () => f.promises.writeFile(`${dir}/kbw`, KB),
  stat: async () => f.promises.stat(`${dir}/kb`),
  'readdir 100': async () => f.promises.readdir(`${dir}/list`),
  'readFile 10 MB': async () => f.promises.readFile(`${dir}/mb`),
})

async function measure(name, run) {
  const batch = name.includes('MB') ? 2 : name.includes('Sync') ? 200 : 50
  const rounds = name.includes('MB') ? 8 : 40
  const later = run() instanceof Promise
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    if (later) for (let i = 0; i < batch; i++) await run()
    else for (let i = 0; i < batch; i++) run()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / batch / 1000)
  }
  return best
}

async function child(system) {
  const results = {}
  try {
    const place = SYSTEMS[system]()
    const { fs: f, dir } = place
    f.writeFileSync(`${dir}/kb`, KB)
    f.writeFileSync(`${dir}/mb`, MB10)
    f.mkdirSync(`${dir}/list`)
    for (let i = 0; i < 100; i++) f.writeFileSync(`${dir}/list/file${i}`, '')
    for (const [name, run] of Object.entries(tasks(place))) {
      try {
        results[name] = await measure(name, run)
      } catch (error) {
        results[name] = String(error.code ?? error.message).slice(0, 12)
      }
    }
    if (dir.startsWith('/dev/shm') || dir.startsWith(tmpdir())) fs.rmSync(dir, { recursive: true })
  } catch (error) {
    results.failed = String(error.message).split('\n')[0]
  }
  process.send(results, () => process.exit(0))
}

function measured(system) {
  return new Promise((resolve) => {
    const execArgv = system === 'node:vfs' ? ['--experimental-vfs'] : []
    const process_ = fork(fileURLToPath(import.meta.url), ['--child', system], { execArgv, silent: true })
    let results = { failed: 'no answer' }
    const timer = setTimeout(() => process_.kill('SIGKILL'), 120_000)
    process_.on('message', (message) => (results = message))
    process_.on('exit', () => {
      clearTimeout(timer)
      resolve(results)
    })
  })
}

async function main() {
  const { values } = parseArgs({ options: { systems: { type: 'string' } } })
  const [major] = process.versions.node.split('.').map(Number)
  const wanted = values.systems?.split(';') ?? Object.keys(SYSTEMS)
  const systems = wanted.filter((s) => (s === 'node:vfs' ? major >= 26 : s === '@platformatic/vfs' ? major >= 22 : true))
  if (!fs.existsSync(join(here, 'node_modules', 'memfs'))) {
    const args = ['install', '--no-fund', '--no-audit', '--no-package-lock', '--ignore-scripts']
    if (spawnSync('npm', args, { cwd: here, stdio: 'inherit' }).status !== 0) process.exit(1)
  }
  const all = {}
  for (const system of systems) all[system] = await measured(system)
  console.log(`microseconds a call, Node ${process.versions.node}`)
  console.log(['', ...systems].map((s) => s.slice(0, 24).padEnd(25)).join(''))
  for (const task of Object.keys(tasks({ fs, dir: '' }))) {
    const cells = systems.map((s) => {
      const value = all[s][task]
      return typeof value === 'number' ? value.toFixed(value < 10 ? 2 : 0) : (value ?? '-')
    })
    console.log([task, ...cells].map((c) => String(c).padEnd(25)).join(''))
  }
  for (const system of systems) if (all[system].failed !== undefined) console.log(`${system}: ${all[system].failed}`)
}

if (process.argv[2] === '--child') await child(process.argv[3])
else await main()
