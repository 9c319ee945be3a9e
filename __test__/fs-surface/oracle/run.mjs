// The same scripts on a directory of the host and on a RAM mount; what they observe must be the same, byte for byte:
//   node __test__/fs-surface/oracle/run.mjs [case…] [--all]
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { patchNodeFs, RAMResource, Workspace } from '@mirage/node-native'

const here = fileURLToPath(new URL('.', import.meta.url))
const asked = process.argv.slice(2).filter((a) => !a.startsWith('-'))
const cases =
  asked.length > 0 ? asked.map((name) => `${name}.mjs`) : fs.readdirSync(here).filter((f) => f.endsWith('.mjs') && f !== 'run.mjs')
const limit = process.argv.includes('--all') ? Infinity : 40

const host = fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'oracle-'))
process.on('exit', () => fs.rmSync(host, { recursive: true, force: true }))
const ws = new Workspace({ '/oracle': new RAMResource() }, { mode: 'write' })
patchNodeFs(ws)

// Node itself leaves some failures of streams to nobody.
process.on('unhandledRejection', () => {})
process.on('warning', () => {})
process.on('uncaughtException', (error) => {
  if (error.code === 'ERR_INVALID_STATE') return
  console.error(error)
  process.exit(1)
})

// What Node does in C++ with words or numbers of no other function, or wrongly.
const ODD = [
  /^rm (recursive|both) (to-dir\/|\.|namex+) \(sync\)/,
  /^cp (onto|errorOnExist) missing\/ \(sync\)/,
  /^copies: cpSync .*(dereference|verbatimSymlinks).* (tree|again)$/,
]

let differences = 0
for (const name of cases) {
  const { default: run } = await import(join(here, name))
  const seen = []
  for (const base of [host, '/oracle']) {
    const dir = join(base, name)
    fs.mkdirSync(dir)
    const log = []
    await run(dir, (what, value) => log.push([what, String(value).replaceAll(dir, '<base>')]))
    seen.push(log)
  }
  const [expected, got] = seen
  if (expected.length !== got.length) console.log(`${name}: ${expected.length} observations on the host, ${got.length} on the mount`)
  let differ = expected.length === got.length ? 0 : 1
  expected.forEach(([what, value], i) => {
    if ((got[i]?.[0] === what && got[i][1] === value) || ODD.some((odd) => odd.test(what))) return
    if (++differ <= limit) console.log(`${name}: ${what}\n  host:  ${value}\n  mount: ${got[i]?.[0] === what ? got[i][1] : got[i]}`)
  })
  console.log(`${name}: ${expected.length} observations, ${differ} differ (Node ${process.versions.node})`)
  differences += differ
}
await ws.close()
process.exitCode = differences === 0 ? 0 : 1
