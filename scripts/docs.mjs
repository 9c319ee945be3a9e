// Runs every code block of the README and the docs. A `js` block is run; a `text` block right after it is what it must print.
// A `ts` block is type-checked and run. A block after a comment `<!-- NAME -->` is a file of that name, for the commands that follow; a file
// NAME.test.* is run by vitest, and a configuration of vitest's runs them all. A `sh` block has commands: scripts of package.json (`npm start` is run, `npm test` is what runs this), `node …`
// and `npx mirage …`, which are run among the files of their document.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { env, root } from './env.mjs'

const files = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((f) => f.endsWith('.md'))
    .map((f) => join('docs', f)),
]
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const work = join(root, '.docs-run')
rmSync(work, { recursive: true, force: true })
mkdirSync(work)

let ran = 0
const failures = []
const fail = (where, why) => failures.push(`${where}: ${why}`)

function check(command, args, where, expected, cwd = root) {
  const r = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 600_000 })
  ran++
  if (r.status !== 0) fail(where, `exit ${r.status ?? r.signal}\n${r.stdout}${r.stderr}`)
  else if (expected !== undefined && r.stdout.trimEnd() !== expected.trimEnd())
    fail(where, `printed\n${r.stdout}\nbut the text says\n${expected}`)
}

// Where the machine has no FUSE, what needs it is not run.
const fuse = existsSync('/dev/fuse')

for (const file of files) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  const blocks = []
  for (let i = 0; i < lines.length; i++) {
    const open = /^```(\w*)\s*$/.exec(lines[i])
    if (open === null) continue
    const start = i + 1
    while (++i < lines.length && !/^```\s*$/.test(lines[i]));
    const above = lines.slice(0, start - 1).findLast((l) => l.trim() !== '')
    const saved = /^<!-- ([\w.-]+) -->$/.exec(above ?? '')?.[1]
    blocks.push({ language: open[1], line: start, code: lines.slice(start, i).join('\n'), end: i, saved })
  }
  const dir = join(work, file.replace(/\W/g, '_'))
  mkdirSync(dir)
  blocks.forEach(({ language, line, code, end, saved }, k) => {
    const where = `${file}:${line}`
    if (!fuse && /fuseMounts|FuseMount/.test(code)) {
      console.log(`${where}: skipped, there is no /dev/fuse here`)
      return
    }
    if (saved !== undefined) {
      writeFileSync(join(dir, saved), `${code}\n`)
      const config = join(dir, 'vitest.config.mjs')
      if (/\.test\.\w+$/.test(saved)) {
        // Without one of its own it would take this package's.
        if (!existsSync(config)) writeFileSync(config, 'export default {}\n')
        check('vitest', ['run', '--root', dir, saved], where)
      }
      if (saved.startsWith('vitest.config.')) check('vitest', ['run', '--root', dir], where)
      return
    }
    const next = blocks[k + 1]
    const expected = next?.language === 'text' && lines.slice(end + 1, next.line - 1).every((l) => l.trim() === '') ? next.code : undefined
    const name = join(work, `${file.replace(/\W/g, '_')}_${line}`)
    if (language === 'js') {
      const path = `${name}.${/^\s*import\s/m.test(code) ? 'mjs' : 'cjs'}`
      writeFileSync(path, code)
      check(process.execPath, [path], where, expected)
    } else if (language === 'ts') {
      writeFileSync(`${name}.mts`, code)
      check(
        'tsc',
        ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'node16', '--types', 'node', `${name}.mts`],
        where,
      )
      check('esbuild', [`${name}.mts`, '--format=esm', `--outfile=${name}.mjs`, '--log-level=error'], where)
      check(process.execPath, [`${name}.mjs`], where, expected)
    } else if (language === 'sh') {
      const commands = code.split('\n').filter((l) => l.trim() !== '' && !l.startsWith('#'))
      if (commands.every((command) => /^(?:\w+=\S+ )?(?:node|npx mirage) /.test(command))) {
        const launcher = `${JSON.stringify(process.execPath)} ${JSON.stringify(join(root, 'dist', 'mirage.mjs'))}`
        const script = commands.map((command) => command.replace('npx mirage', launcher)).join('\n')
        check('sh', ['-ec', script], where, expected, dir)
        return
      }
      for (const command of commands) {
        const script = /^npm (?:run )?([\w:]+)$/.exec(command)?.[1]
        if (script === undefined || scripts[script] === undefined) fail(where, `not a script of package.json: ${command}`)
        else if (script === 'start') check('npm', ['start', '--silent'], where)
        else ran++
      }
    } else if (language !== 'text') fail(where, `a block of language '${language}' that nothing runs`)
  })
}
rmSync(work, { recursive: true, force: true })
if (!/^npm test$/m.test(readFileSync(join(root, '.ci', 'run'), 'utf8'))) fail('.ci/run', "does not call the README's test command")
console.log(`${ran} code blocks of ${files.length} files`)
if (failures.length > 0) {
  console.error(failures.join('\n\n'))
  process.exit(1)
}
