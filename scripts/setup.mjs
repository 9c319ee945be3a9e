// Makes a fresh checkout ready: JavaScript dependencies, and a check of the tools. Does nothing when all is there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

import { env, newest, root, run } from './env.mjs'

const [major] = process.versions.node.split('.').map(Number)
if (major < 20) {
  console.error(`Node ${process.versions.node} is too old: 20 or newer is needed`)
  process.exit(1)
}
if (spawnSync('cargo', ['--version'], { env, stdio: 'ignore' }).status !== 0) {
  console.error('cargo is missing: install Rust 1.88 or newer (rustup)')
  process.exit(1)
}
const marker = join(root, 'node_modules', '.package-lock.json')
if (!existsSync(marker) || newest(marker) < newest(join(root, 'package-lock.json'))) {
  // Not `npm ci`: it refuses a lock file that leaves out optional packages whose engines do not fit this Node.
  run('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--ignore-scripts'])
  const now = new Date()
  utimesSync(marker, now, now)
}
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
console.log(`@mirage/node-native ${version} on Node ${process.versions.node}: ready`)
