// Known vulnerabilities and withdrawn versions among what we stand on: npm run audit. Needs the network (the RustSec database and
// npm's advisory service) and cargo-deny, so it is not part of `npm test`; what can be checked offline is, in lint.mjs.
import { spawnSync } from 'node:child_process'

import { env, root, run } from './env.mjs'

const found = spawnSync('cargo', ['deny', '--version'], { cwd: root, env, encoding: 'utf8' })
if (found.status !== 0) {
  console.error('cargo-deny is not installed: cargo install --locked cargo-deny')
  process.exit(1)
}
run('cargo', ['deny', 'check', 'advisories', 'sources'])
run('npm', ['audit', '--package-lock-only'])
