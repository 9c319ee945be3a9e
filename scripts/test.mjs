// The whole check, in the order that fails fastest: npm test
// Parts by name: node scripts/test.mjs lint rust js docs examples
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { env, root, run } from './env.mjs'

const node = (...args) => run(process.execPath, args)
const parts = {
  lint: () => node('scripts/lint.mjs'),
  rust: () => run('cargo', ['test', '--release', '--workspace', '--exclude', 'mirage-node-native', '--quiet']),
  build: () => node('scripts/build.mjs'),
  types: () => run('git', ['diff', '--exit-code', '--', 'index.d.ts', 'index.d.mts']),
  js: () => run('vitest', ['run']),
  // The same tests in processes where node:fs is patched and the hooks are in from the start.
  registered: () => run('vitest', ['run'], { env: { ...env, MIRAGE_TEST_REGISTERED: '1' } }),
  fuse: () => node('scripts/test-fuse.mjs'),
  examples: () => node('scripts/examples.mjs'),
  docs: () => node('scripts/docs.mjs'),
  versions: () => node('scripts/versions.mjs'),
}
const asked = process.argv.slice(2)
for (const name of asked) {
  if (!Object.hasOwn(parts, name)) {
    console.error(`no such part: ${name}; there are ${Object.keys(parts).join(' ')}`)
    process.exit(2)
  }
}
for (const [name, part] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  // Outside a git checkout (an unpacked archive) there is nothing to compare the committed types with.
  if (name === 'types' && !existsSync(join(root, '.git'))) continue
  const start = performance.now()
  console.log(`\n== ${name}`)
  part()
  console.log(`== ${name}: ok (${((performance.now() - start) / 1000).toFixed(1)} s)`)
}
