// Test suites of node:fs that others wrote, on the real file system and on a RAM mount, compared test by test:
//   node scripts/third-party-fs.mjs [--node <path>] [--verbose]
// The suites are installed into a temporary directory and never become part of this repository: @zenfs/core is LGPL.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { env, root, run } from './env.mjs'

const option = (name) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}
const node = option('--node') ?? process.execPath
const verbose = process.argv.includes('--verbose')
const PACKAGES = ['@zenfs/core@2.7.6', 'tsx@4']

const dir = mkdtempSync(join(tmpdir(), 'mirage-third-party-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
writeFileSync(join(dir, 'package.json'), '{"private":true}')
run('npm', ['install', '--prefix', dir, '--no-fund', '--no-audit', '--no-save', '--silent', '--ignore-scripts', ...PACKAGES])

// Not below node_modules, where Node strips no types.
const suite = join(dir, 'zenfs')
cpSync(join(dir, 'node_modules', '@zenfs', 'core'), suite, { recursive: true })
const scratch = join(suite, 'tests', 'tmp')
mkdirSync(scratch)
const preload = join(dir, 'preload.mjs')
writeFileSync(
  preload,
  `import { createRequire } from 'node:module'
const { patchNodeFs, RAMResource, Workspace } = createRequire(import.meta.url)(${JSON.stringify(join(root, 'dist', 'index.cjs'))})
patchNodeFs(new Workspace({ ${JSON.stringify(scratch)}: new RAMResource() }, { mode: 'write' }))
`,
)

/** Runs one file; the outcome of each test by its name. */
function outcomes(file, mounted) {
  const args = [...(mounted ? ['--import', preload] : []), '--import', 'tsx', '--test-reporter=tap', file]
  const child = spawn(node, args, {
    cwd: suite,
    env: { ...env, SETUP: join(suite, 'tests', 'native-setup.ts'), NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (data) => (text += data))
  child.stderr.on('data', (data) => (text += data))
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer)
      const found = new Map()
      const path = []
      for (const line of text.split('\n')) {
        const [, indent, name] = /^( *)# Subtest: (.*)/.exec(line) ?? []
        if (name !== undefined) {
          path.length = indent.length / 4
          path.push(name)
        }
        const [, inset, not, title, mark] = /^( *)(not )?ok \d+ - (.*?)(?: # (SKIP|TODO).*)?$/.exec(line) ?? []
        if (title !== undefined) found.set([...path.slice(0, inset.length / 4), title].join(' > '), mark ?? (not ? 'fail' : 'ok'))
      }
      resolve({ found, code, text })
    })
  })
}

const files = readdirSync(join(suite, 'tests', 'fs')).sort()
const totals = { same: 0, ok: 0 }
const differences = []
for (const name of files) {
  const file = join(suite, 'tests', 'fs', name)
  const [real, mounted] = await Promise.all([outcomes(file, false), outcomes(file, true)])
  const before = differences.length
  for (const [test, expected] of real.found) {
    const got = mounted.found.get(test) ?? 'missing'
    if (expected === 'ok') totals.ok++
    if (got === expected) totals.same++
    // What fails on the real file system is not ours to fail.
    else if (expected === 'ok' || got === 'missing') differences.push(`${name}: ${test}: ${expected} on the host, ${got} on the mount`)
  }
  if (real.found.size === 0) differences.push(`${name}: nothing ran (exit ${real.code})\n${real.text.slice(0, 2000)}`)
  if (verbose && differences.length > before) console.log(mounted.text)
}
console.log(`@zenfs/core on ${node}: ${totals.ok} tests pass on the host, ${totals.same} outcomes are the same on a RAM mount`)
for (const line of differences) console.log(`  ${line}`)
process.exitCode = differences.length === 0 ? 0 : 1
