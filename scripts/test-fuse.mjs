// The kernel mount under the programs and test suites that people trust: npm run test:fuse [-- --long] [--only WORD] [--on DIR]
// Every job also runs on a plain directory in memory when it has something to be compared with. With --on DIR everything runs
// there instead: how the tests themselves are tested. --long: a million operations of fsx per mode, three gigabytes, stress for minutes.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { makeFiles, matrix } from './fuse/matrix.mjs'
import { Plain, Served, on, room, scratch } from './fuse/mount.mjs'
import { programs } from './fuse/programs.mjs'
import { must, run } from './fuse/run.mjs'
import { stress } from './fuse/stress.mjs'
import { fio, fsx, pjdfstest } from './fuse/suites.mjs'
import { install, noFuse, suite } from './fuse/tools.mjs'

const { values: options } = parseArgs({
  options: { long: { type: 'boolean', default: false }, only: { type: 'string' }, on: { type: 'string' } },
})
const reason = options.on === undefined ? noFuse() : undefined
if (reason !== undefined) {
  console.log(`skipped: no kernel mount here: ${reason}`)
  process.exit(0)
}
const TOOLS =
  'fusermount3 fio setfattr getfacl sys/acl.h rsync rg file curl make gcc cc ar xxd sqlite3 jq git less tar gzip python3 awk'.split(' ')
const missing = install(TOOLS)
if (missing.length > 0) {
  console.error(`missing and not installable from here: ${missing.join(' ')}`)
  process.exit(1)
}

const temporary = scratch('test')
const onDisk = scratch('test', { inMemory: false })
let number = 0
/** An empty directory outside of what is tested. */
const aside = () => {
  const dir = join(temporary, String(number++))
  mkdirSync(dir, { mode: 0o755 })
  return dir
}

/** A place to test: our mount, or what --on says. */
async function place(label, what) {
  if (options.on !== undefined) return { label: options.on, dir: room({ dir: options.on }, `place${number++}`), stop: async () => {} }
  if (what.kind !== 'disk') return Served.start(label, what)
  // A directory in memory: what fsync costs on this machine's disk is no concern of ours.
  const root = aside()
  return Served.start(label, { ...what, root })
}

const ram = (fuse) => () => place('RAM', { kind: 'ram', fuse })
const disk = (fuse) => () => place('Disk', { kind: 'disk', fuse })

/** The ways in which the kernel may keep what it read and what was written. */
const CACHES = {
  'the default': {},
  'no attributes': { ttl: 0 },
  writeback: { writeback: true },
  'direct I/O': { directIo: true },
}

const jobs = []
const job = (name, body) => jobs.push({ name, body })

job('pjdfstest: as on tmpfs', async () => {
  if (process.getuid() !== 0) return 'skipped: the cases change users, which takes root'
  const other = join(onDisk, 'other')
  mkdirSync(other)
  const expected = await on(new Plain(), ({ dir }) => pjdfstest(dir, other, aside()))
  return on(await ram()(), async ({ dir }) => {
    const r = await pjdfstest(dir, other, aside())
    if (r.failed > 0 || r.passed < expected.passed)
      throw new Error(`${r.passed} passed, ${r.failed} failed; on tmpfs ${expected.passed} passed\n${r.failures.join('\n')}`)
    return `${r.passed} passed, ${r.skipped} skipped; on tmpfs ${expected.passed} and ${expected.skipped}`
  })
})

for (const [name, make] of [
  ['RAM', ram],
  ['Disk', disk],
])
  for (const [cache, fuse] of Object.entries(CACHES))
    job(`fsx: ${name}, ${cache}`, async () => {
      const operations = options.long ? 1_000_000 : name === 'RAM' ? 20_000 : 10_000
      await on(await make(fuse)(), ({ dir }) => fsx(dir, aside(), { operations }))
      return `${operations} operations`
    })

for (const [name, make] of [
  ['RAM', ram],
  ['Disk', disk],
])
  job(`fio verify: ${name}`, () =>
    make()().then((at) =>
      on(at, async ({ dir }) => {
        await fio(room({ dir }, 'psync'), { engine: 'psync' })
        await fio(room({ dir }, 'mmap'), { engine: 'mmap' })
        if (options.on === undefined) await fio(room({ dir }, 'direct'), { engine: 'psync', direct: true })
        return 'psync, mmap, direct'
      }),
    ),
  )

for (const name of Object.keys(programs))
  job(`${name}: RAM and Disk`, async () => {
    for (const make of [ram, disk]) {
      await on(await make()(), async (at) => {
        try {
          await programs[name](room(at, name), aside())
        } catch (error) {
          throw new Error(`on ${at.label}: ${error.message}`)
        }
      })
    }
    return 'as on any file system'
  })

const reference = join(temporary, 'files')
let expected
/** The matrix with files of one kind under one policy. At least `least` of its cases must be right; all those of `content`. */
async function matrixOn(kind, statFetch) {
  if (expected === undefined) {
    mkdirSync(reference, { mode: 0o755 })
    makeFiles(reference)
    expected = await matrix(() => reference, reference, aside())
    const bad = expected.filter((c) => !c.got.startsWith('0: '))
    if (bad.length > 0) throw new Error(`the tool itself fails: ${bad.map((c) => `${c.name} ${c.got}`).join('; ')}`)
  }
  const at = options.on === undefined ? await Served.start(kind, { kind, root: reference, fuse: { statFetch } }) : undefined
  return on(at ?? { dir: reference, stop: async () => {} }, async ({ dir }) => {
    const results = await matrix((n) => (at === undefined ? dir : join(dir, String(n))), reference, aside(), { expected })
    const wrong = results.filter((c) => !c.ok)
    const lazy = kind === 'unknown' && statFetch !== 'always'
    const bad = lazy ? wrong.filter((c) => c.group !== 'stat') : wrong
    const list = (cases) => cases.map((c) => `${c.name} ${c.file}`).join(', ')
    if (bad.length > 0)
      throw new Error(
        bad.map((c) => `${c.name} ${c.file}\n  got  ${c.got.slice(0, 200)} ${c.stderr}\n  want ${c.want.slice(0, 200)}`).join('\n'),
      )
    return `${results.length - wrong.length} of ${results.length}${wrong.length > 0 ? `; as documented not: ${list(wrong)}` : ''}`
  })
}
job('tool matrix: sizes known', () => matrixOn('sized', 'auto'))
job('tool matrix: sizes unknown, always', () => matrixOn('unknown', 'always'))
job('tool matrix: sizes unknown, auto', () => matrixOn('unknown', 'auto'))
// As `auto`, but for what is remembered.
if (options.long) job('tool matrix: sizes unknown, never', () => matrixOn('unknown', 'never'))

job('stress: 8 processes while mounts come and go', async () => {
  if (options.on !== undefined) return 'skipped: npm run stress -- --on DIR'
  const seconds = options.long ? 150 : 10
  const r = { ram: await stress('ram', { seconds }), disk: await stress('disk', { seconds }) }
  return Object.entries(r)
    .map(
      ([kind, { mounts, files, publish, edit, append }]) =>
        `${kind}: ${publish + edit + append} writes, ${mounts} mounts, ${files} files seen`,
    )
    .join('; ')
})

if (options.long)
  job('three gigabytes of unknown length', async () => {
    const length = 3 * 2 ** 30 + 7
    return on(await place('generated', { kind: 'generated', length }), async ({ dir }) => {
      const file = join(dir, 'stream')
      const digest = createHash('sha256')
      for await (const chunk of generated(length)) digest.update(chunk)
      const sha = digest.digest('hex')
      const is = async (command, want) => {
        const got = (await must(command, { seconds: 300 })).trim()
        if (got !== want) throw new Error(`${command}: ${got}, not ${want}`)
      }
      await is(`sha256sum < '${file}' | cut -d' ' -f1`, sha)
      await is(`wc -c < '${file}'`, String(length))
      await is(`cat '${file}' | sha256sum | cut -d' ' -f1`, sha)
      await is(`dd if='${file}' bs=1M status=none | sha256sum | cut -d' ' -f1`, sha)
      const own = createHash('sha256')
      for await (const chunk of createReadStream(file)) own.update(chunk)
      if (own.digest('hex') !== sha) throw new Error('createReadStream sees something else')
      return `${length} bytes`
    })
  })

/** What the `generated` kind of serve.mjs holds. */
async function* generated(length) {
  const { block, BLOCK } = await import('./fuse/generated.mjs')
  for (let at = 0; at < length; at += BLOCK) yield block(at, Math.min(BLOCK, length - at))
}

suite('fsx')
if (process.getuid() === 0) suite('pjdfstest')
let failed = 0
for (const { name, body } of jobs) {
  if (options.only !== undefined && !name.includes(options.only)) continue
  const start = performance.now()
  let line
  try {
    line = `ok: ${await body()}`
  } catch (error) {
    failed++
    line = `FAILED\n${error.stack ?? error}`
  }
  console.log(`${name} (${((performance.now() - start) / 1000).toFixed(1)} s): ${line}`)
}
if (options.on === undefined) {
  const { stdout } = await run("grep ' fuse' /proc/self/mountinfo | grep /mirage- || true")
  if (stdout.trim() !== '') {
    failed++
    console.log(`mounts are left behind:\n${stdout}`)
  }
}
rmSync(temporary, { recursive: true, force: true })
if (existsSync(onDisk)) rmSync(onDisk, { recursive: true, force: true })
process.exit(failed > 0 ? 1 : 0)
