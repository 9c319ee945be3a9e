// Builds the addon and the JavaScript: node scripts/build.mjs [native|js] [--if-needed] [--dist]
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { newest, root, run } from './env.mjs'

const flags = new Set(process.argv.slice(2))
const only = flags.has('native') ? 'native' : flags.has('js') ? 'js' : undefined
const at = (...parts) => join(root, ...parts)

function needed(outputs, ...inputs) {
  if (!flags.has('--if-needed')) return true
  return outputs.some((o) => !existsSync(o)) || newest(...inputs) > Math.min(...outputs.map((o) => newest(o)))
}

if (only !== 'js' && needed([at('native.cjs')], at('src'), at('crates'), at('Cargo.toml'), at('Cargo.lock'))) {
  const profile = flags.has('--dist') ? ['--profile', 'dist'] : ['--release']
  run('napi', ['build', '--platform', ...profile, '--js', 'native.cjs', '--dts', 'native.d.ts', '--no-const-enum'])
}

if (only !== 'native' && needed([at('dist', 'index.cjs')], at('js'), at('native.d.ts'), at('scripts', 'build.mjs'))) {
  mkdirSync(at('dist'), { recursive: true })
  const bundle = (entry, out, ...more) =>
    run('esbuild', [
      at('js', entry),
      '--bundle',
      '--platform=node',
      '--target=node20',
      '--log-level=warning',
      `--outfile=${at('dist', out)}`,
      ...more,
    ])
  run('tsc', ['--noEmit', '-p', '.'])
  // One bundle has it all; what the package exports are entries to it.
  bundle('core.ts', 'core.cjs', '--format=cjs', '--external:../native.cjs')
  writeFileSync(at('dist', 'index.cjs'), "'use strict'\nmodule.exports = require('./core.cjs').api\n")
  for (const name of readdirSync(at('js', 'entries'))) copyFileSync(at('js', 'entries', name), at('dist', name))
  // One implementation for both module systems: the ES module re-exports what the CommonJS one has, so that there is
  // one set of classes, one channel, one table of workspaces.
  const names = Object.keys(createRequire(import.meta.url)(at('dist', 'index.cjs'))).sort()
  writeFileSync(
    at('dist', 'index.mjs'),
    `import all from './index.cjs'\n\nexport const { ${names.join(', ')} } = all\nexport default all\n`,
  )
  run('dts-bundle-generator', ['--silent', '--no-banner', '--project', at('tsconfig.json'), '-o', at('index.d.ts'), at('js', 'index.ts')])
  writeFileSync(at('index.d.mts'), readFileSync(at('index.d.ts')))
  // Stands on the package itself, whose types are made by now.
  run('tsc', ['-p', at('js', 'vitest')])
  bundle(join('vitest', 'index.mts'), 'vitest.mjs', '--format=esm', '--external:@mirage/node-native', '--external:vitest')
}
