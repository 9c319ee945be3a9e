// npm run bench [-- --only WORD] [--runs 3] [--systems ours,gnu,…]: every task on every system, a process each, medians; wrong answers are
// flagged. The table is printed, and written as JSON to benches/results/.
import { fork, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { tasks } from './tasks.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    systems: { type: 'string', default: 'ours,gnu,bashkit,just-bash,reference' },
  },
})
const systems = options.systems.split(',')
const runs = Number(options.runs)
const TIMEOUT = 60_000

if (systems.some((s) => !['ours', 'gnu'].includes(s)) && !existsSync(join(here, 'node_modules'))) {
  console.log('installing the peers …')
  const { status } = spawnSync('npm', ['install', '--no-fund', '--no-audit', '--no-package-lock', '--ignore-scripts'], {
    cwd: here,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}

function once(system, task) {
  return new Promise((resolve) => {
    const child = fork(join(here, 'one.mjs'), [system, task], { silent: true, execArgv: ['--max-old-space-size=4096'] })
    let message
    let stderr = ''
    child.stderr.on('data', (d) => (stderr = (stderr + d).slice(-300)))
    const timer = setTimeout(() => {
      message = { failed: 'over 60 s' }
      child.kill('SIGKILL')
    }, TIMEOUT)
    child.on('message', (m) => (message = m))
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      resolve(message ?? { failed: `exit ${code ?? signal}: ${stderr.trim().split('\n').at(-1)}` })
    })
  })
}

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]

async function measure(system, task) {
  const results = []
  for (let i = 0; i < runs; i++) {
    const r = await once(system, task)
    if (r.failed !== undefined) return r
    results.push(r)
  }
  const first = results[0]
  return Object.fromEntries(
    Object.entries(first).map(([key, value]) => {
      if (typeof value === 'number') return [key, median(results.map((r) => r[key]))]
      if (typeof value === 'object')
        return [key, Object.fromEntries(Object.keys(value).map((k) => [k, median(results.map((r) => r[key][k]))]))]
      return [key, value]
    }),
  )
}

const wanted = (name) => options.only === undefined || name.includes(options.only)
const report = { date: new Date().toISOString(), node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model, runs, results: {} }
const ms = (n) => (n === undefined ? '-' : n < 1 ? `${(n * 1000).toFixed(0)} µs` : n < 100 ? `${n.toFixed(1)} ms` : `${n.toFixed(0)} ms`)
const row = (cells) => console.log(cells.map((c, i) => (i === 0 ? String(c).padEnd(36) : String(c).padStart(24))).join(''))

console.log(`CPU ms (wall ms) per run, median of ${runs}; ${report.cpus} × ${report.cpu}, Node ${report.node}\n`)
row(['', ...systems])
if (wanted('startup')) {
  const cells = []
  for (const s of systems.filter((x) => x !== 'gnu')) {
    const r = ((report.results.startup ??= {})[s] = await measure(s, '@startup'))
    cells.push([s, r.failed ?? `${ms(r.cpu)} (${ms(r.wall)}) ${r.rss.toFixed(0)} MiB`])
  }
  row(['import + new + first command', ...systems.map((s) => new Map(cells).get(s) ?? '-')])
}
if (wanted('fs')) {
  const all = {}
  for (const s of systems.filter((x) => ['ours', 'reference'].includes(x))) all[s] = await measure(s, '@fs')
  report.results.fs = all
  for (const op of ['writeFile', 'readFile', 'stat']) {
    row([
      `ws.fs.${op} 1 KB`,
      ...systems.map((s) =>
        all[s] === undefined ? '-' : (all[s].failed ?? `${all[s][op].cpu.toFixed(1)} µs (${all[s][op].wall.toFixed(1)})`),
      ),
    ])
  }
}
if (wanted('abort')) {
  const r = (report.results.abort = { ours: await measure('ours', '@abort') })
  row(['abort of a busy loop', r.ours.failed ?? `${ms(r.ours.median)}, worst ${ms(r.ours.worst)}`])
}
for (const [name, task] of Object.entries(tasks)) {
  if (!wanted(name)) continue
  const results = {}
  for (const s of systems) if (!task.skip?.includes(s)) results[s] = await measure(s, name)
  const truth = results.gnu?.out ?? results.ours?.out
  for (const r of Object.values(results)) if (r.failed === undefined && (r.out !== truth || r.code !== 0)) r.wrong = true
  report.results[name] = results
  row([
    name,
    ...systems.map((s) => {
      const r = results[s]
      if (r === undefined) return '-'
      if (r.failed !== undefined) return r.failed.slice(0, 22)
      return `${r.wrong ? 'WRONG ' : ''}${ms(r.cpu)} (${ms(r.wall)})${r.stall === undefined ? '' : ` ↯${r.stall.toFixed(0)}`}`
    }),
  ])
}
mkdirSync(join(here, 'results'), { recursive: true })
const file = join(here, 'results', `${report.date.replace(/[:.]/g, '-')}.json`)
writeFileSync(file, JSON.stringify(report, null, 1))
console.log(`\n↯: longest stall of the event loop, ms.  Written to ${file.slice(dirname(here).length + 1)}`)
