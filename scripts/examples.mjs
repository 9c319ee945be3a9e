// Runs every example, in each module system, and type-checks the TypeScript one.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { root, run } from './env.mjs'

for (const name of readdirSync(join(root, 'examples')).sort()) {
  const path = join('examples', name)
  if (/\.(mjs|cjs)$/.test(name)) run(process.execPath, [path], { stdio: ['ignore', 'ignore', 'inherit'] })
  else if (name.endsWith('.mts')) {
    run('tsc', ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'node16', '--types', 'node', path])
    const out = join(root, 'examples', '.run.mjs')
    run('esbuild', [path, '--format=esm', `--outfile=${out}`, '--log-level=error'])
    run(process.execPath, [out], { stdio: ['ignore', 'ignore', 'inherit'] })
  } else continue
  console.log(`${path}: ok`)
}
