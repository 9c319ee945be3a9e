// Formatting, lints, the dependency rules between crates, licences: npm run lint
import { spawnSync } from 'node:child_process'

import { env, root, run } from './env.mjs'

run('cargo', ['fmt', '--all', '--check'])
// The binding has no Rust tests: built as one, its exports vanish and everything behind them counts as unused.
run('cargo', ['clippy', '--release', '--workspace', '--exclude', 'mirage-node-native', '--all-targets', '--quiet', '--', '-D', 'warnings'])
run('cargo', ['clippy', '--release', '-p', 'mirage-node-native', '--quiet', '--', '-D', 'warnings'])
run('prettier', ['--log-level', 'warn', '--check', '.'])
run('oxlint', ['--quiet', '--deny-warnings', 'js', 'scripts', '__test__', 'benches', 'examples'])

const metadata = spawnSync('cargo', ['metadata', '--format-version', '1', '--locked'], { cwd: root, env, maxBuffer: 1 << 28 })
if (metadata.status !== 0) {
  console.error(String(metadata.stderr))
  process.exit(1)
}
const { packages, workspace_members: members } = JSON.parse(metadata.stdout)
const problems = []

// Which crate may stand on which, and who may name what lies outside. See docs/architecture.md.
const ALLOWED = {
  'mirage-vfs': [],
  'mirage-pattern': [],
  'mirage-calendar': [],
  'mirage-awk': ['mirage-pattern', 'mirage-calendar'],
  'mirage-sed': ['mirage-pattern'],
  'mirage-jq': [],
  'mirage-shell': ['mirage-vfs', 'mirage-pattern', 'mirage-calendar'],
  'mirage-resources': ['mirage-vfs'],
  'mirage-testkit': ['mirage-vfs'],
  'mirage-fuse': ['mirage-vfs'],
  'mirage-commands': ['mirage-vfs', 'mirage-pattern', 'mirage-calendar', 'mirage-shell', 'mirage-awk', 'mirage-sed', 'mirage-jq'],
  'mirage-workspace': ['mirage-vfs', 'mirage-shell', 'mirage-resources', 'mirage-commands', 'mirage-fuse'],
  'mirage-node-native': ['mirage-vfs', 'mirage-shell', 'mirage-resources', 'mirage-fuse', 'mirage-workspace'],
}
const ONLY = { napi: ['mirage-node-native'], 'napi-derive': ['mirage-node-native'], fuser: ['mirage-fuse'], reqwest: ['mirage-resources'] }
for (const p of packages.filter((p) => members.includes(p.id))) {
  const allowed = ALLOWED[p.name]
  if (allowed === undefined) problems.push(`${p.name}: not in the table of scripts/lint.mjs`)
  for (const d of p.dependencies.filter((d) => d.kind === null)) {
    if (d.name.startsWith('mirage-') && !allowed?.includes(d.name)) problems.push(`${p.name} must not depend on ${d.name}`)
    if (ONLY[d.name] !== undefined && !ONLY[d.name].includes(p.name))
      problems.push(`only ${ONLY[d.name]} may name ${d.name}, not ${p.name}`)
  }
}

// Licences that may be linked in. An expression passes when one of its alternatives consists of these alone.
const FREE = new Set(
  'MIT Apache-2.0 BSD-2-Clause BSD-3-Clause ISC Zlib Unlicense 0BSD CC0-1.0 Unicode-3.0 Unicode-DFS-2016 BSL-1.0 MIT-0 bzip2-1.0.6'.split(
    ' ',
  ),
)
const free = (expression) =>
  expression
    .replaceAll('/', ' OR ')
    .replace(/[()]/g, ' ')
    .split(/\s+OR\s+/)
    .some((alternative) => alternative.split(/\s+AND\s+/).every((one) => FREE.has(one.trim().split(/\s+WITH\s+/)[0])))
for (const p of packages) {
  if (p.license === null || !free(p.license)) problems.push(`${p.name} ${p.version}: licence ${p.license} is not on the list`)
  if (p.source !== null && p.source !== 'registry+https://github.com/rust-lang/crates.io-index')
    problems.push(`${p.name} ${p.version} comes from ${p.source}, not from crates.io`)
  if (['openssl-sys', 'aws-lc-sys'].includes(p.name)) problems.push(`${p.name}: a second TLS stack`)
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`${packages.length} crates: dependency rules and licences hold`)
