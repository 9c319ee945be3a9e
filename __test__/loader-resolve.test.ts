// The resolver against Node's own: a real directory is declared a mount, and every question is put to both.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { setPrefixes } from '../js/loader/mounts.js'
import { resolveImport, resolveRequire, urlOf } from '../js/loader/resolve.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'resolve-')))

const files: Record<string, string | object> = {
  'app/main.mjs': '',
  'app/main.cjs': '',
  'app/a.mjs': '',
  'app/noext.js': '',
  'app/data.json': {},
  'app/sp ace#hash?.mjs': '',
  'app/dir/index.js': '',
  'app/dir/index.json': {},
  'app/dir-main/package.json': { main: './lib' },
  'app/dir-main/lib.js': '',
  'app/dir-main-index/package.json': { main: 'lib' },
  'app/dir-main-index/lib/index.js': '',
  'app/dir-bad-main/package.json': { main: 'none' },
  'app/dir-bad-main/index.js': '',
  'app/dir-hopeless/package.json': { main: 'none' },
  'app/dir.js': '',
  'app/node_modules/plain/package.json': { main: 'm' },
  'app/node_modules/plain/m.js': '',
  'app/node_modules/plain/sub.js': '',
  'app/node_modules/plain/sub/index.js': '',
  'app/node_modules/noindex/readme.md': '',
  'app/node_modules/nomain/index.js': '',
  'app/node_modules/lone.js': '',
  'app/node_modules/@s/p/package.json': { exports: { '.': './i.js', './x': './x.js', './deep/*': './lib/*.js', './deep/hidden/*': null } },
  'app/node_modules/@s/p/i.js': '',
  'app/node_modules/@s/p/x.js': '',
  'app/node_modules/@s/p/lib/y.js': '',
  'app/node_modules/@s/p/lib/a/b.js': '',
  'app/node_modules/@s/p/lib/hidden/z.js': '',
  'app/node_modules/cond/package.json': {
    exports: {
      '.': [{ browser: './no.js' }, { import: './e.mjs', require: './c.cjs', default: './d.js' }],
      './nested': { node: { import: { worker: './no.js', default: './e.mjs' }, require: './c.cjs' } },
      './none': { browser: './no.js' },
      './gone': './gone.js',
      './arr': ['not-relative', './e.mjs'],
      './out': '../plain/m.js',
      './nm': './node_modules/x.js',
      './abs': '/etc/passwd',
      './dirs/*': './dirs/*',
      './ext/*.js': './lib/*.mjs',
      './ext/*': './lib/*.mjs',
      './num': 7,
      './enc': './a%20b.js',
      './null': null,
    },
    main: './d.js',
  },
  'app/node_modules/cond/e.mjs': '',
  'app/node_modules/cond/c.cjs': '',
  'app/node_modules/cond/d.js': '',
  'app/node_modules/cond/a b.js': '',
  'app/node_modules/cond/lib/q.mjs': '',
  'app/node_modules/cond/dirs/sub/index.js': '',
  'app/node_modules/sugar/package.json': { exports: './s.js' },
  'app/node_modules/sugar/s.js': '',
  'app/node_modules/mixed/package.json': { exports: { '.': './s.js', import: './s.js' } },
  'app/node_modules/mixed/s.js': '',
  'app/node_modules/numeric/package.json': { exports: { '.': { 0: './s.js' } } },
  'app/node_modules/broken/package.json': '{',
  'app/node_modules/badmain/package.json': { main: 'nope.js' },
  'app/node_modules/typed/package.json': { main: './t.js', type: 'module' },
  'app/node_modules/typed/t.js': '',
  'app/node_modules/self/package.json': {
    name: 'self',
    type: 'module',
    exports: { '.': './index.js', './other': './other.js', './package.json': './package.json' },
    imports: {
      '#in': './inner.js',
      '#pkg': 'plain',
      '#pkg/*': 'plain/*',
      '#fs': 'fs',
      '#nodefs': 'node:fs',
      '#cond': { import: './inner.js', require: './inner.cjs' },
      '#pat/*.js': './lib/*.js',
      '#gone': './gone.js',
      '#up': '../plain/m.js',
      '#no': { browser: './x.js' },
      '#bare-gone': 'absent-package',
    },
  },
  'app/node_modules/self/index.js': '',
  'app/node_modules/self/other.js': '',
  'app/node_modules/self/inner.js': '',
  'app/node_modules/self/inner.cjs': '',
  'app/node_modules/self/lib/x.js': '',
  'app/node_modules/self/asker.mjs': '',
  'app/node_modules/self/asker.cjs': '',
  'app/node_modules/self/node_modules/own/index.js': '',
  'node_modules/upper/index.js': '',
  'node_modules/plain/index.js': '',
}

const specifiers = [
  './a.mjs',
  './a.mjs?v=1',
  './a.mjs?v=1#h',
  './none.mjs',
  './noext',
  './noext.js',
  './data.json',
  './data',
  './dir',
  './dir/',
  './dir/index',
  './dir.js',
  './dir-main',
  './dir-main/',
  './dir-main-index',
  './dir-bad-main',
  './dir-hopeless',
  '.',
  '..',
  './',
  '../',
  './sp%20ace%23hash%3f.mjs',
  './sp ace#hash?.mjs',
  './a%2fb.mjs',
  './a\\b.mjs',
  '../app/a.mjs',
  '../../none',
  './link.mjs',
  './dirlink/index.js',
  './node_modules/plain',
  './node_modules/@s/p',
  'plain',
  'plain/',
  'plain/m',
  'plain/m.js',
  'plain/sub',
  'plain/sub/',
  'plain/sub.js',
  'plain/none',
  'plain/package.json',
  'noindex',
  'nomain',
  'lone',
  'lone.js',
  'upper',
  'absent-package',
  'absent-package/x',
  '@s/p',
  '@s/p/x',
  '@s/p/x.js',
  '@s/p/deep/y',
  '@s/p/deep/a/b',
  '@s/p/deep/hidden/z',
  '@s/p/deep/../x',
  '@s/p/deep/%2e%2e/x',
  '@s/p/package.json',
  '@s',
  '@s/',
  '@s/none',
  '@s/p/',
  'cond',
  'cond/nested',
  'cond/none',
  'cond/gone',
  'cond/arr',
  'cond/out',
  'cond/nm',
  'cond/abs',
  'cond/dirs/sub',
  'cond/dirs/sub/index.js',
  'cond/ext/q',
  'cond/ext/q.js',
  'cond/num',
  'cond/enc',
  'cond/null',
  'cond/d.js',
  'cond/ext/',
  'sugar',
  'sugar/s.js',
  'sugar/s',
  'mixed',
  'numeric',
  'broken',
  'badmain',
  'typed',
  'self',
  'self/other',
  '.hidden',
  'a%20b',
  'a\\b',
  '',
  ' ',
  '#none',
  '#',
  '#in/',
]
const inside = [
  'self',
  'self/other',
  'self/none',
  'self/package.json',
  'own',
  '#in',
  '#pkg',
  '#pkg/m.js',
  '#pkg/none',
  '#fs',
  '#nodefs',
  '#cond',
  '#pat/x.js',
  '#pat/none.js',
  '#gone',
  '#up',
  '#no',
  '#none',
  '#',
  '#in/',
  '#bare-gone',
  'plain',
  './inner.js',
  './asker.mjs',
]

const importers = ['app/main.mjs', 'app/node_modules/self/asker.mjs']
const requirers = ['app/main.cjs', 'app/node_modules/self/asker.cjs']
type Outcome = { to?: string; code?: string; message?: string }
let oracle: { import: Record<string, Record<string, Outcome>>; require: Record<string, Record<string, Outcome>> }
const asked = (from: string): string[] => (from.startsWith('app/main') ? specifiers : inside)

// A resolution that succeeds shows its URL before anything is loaded, through a hook at the end of the chain.
const program = `
import { createRequire, register } from 'node:module'
import { pathToFileURL } from 'node:url'
import { readFileSync } from 'node:fs'
register('data:text/javascript,' + encodeURIComponent(\`
  export async function resolve(s, c, n) {
    if (!s.startsWith('ask:')) return n(s, c)
    const [from, what] = JSON.parse(decodeURIComponent(s.slice(4)))
    let out
    try { const r = await n(what, { ...c, parentURL: from }); out = { to: r.url } } catch (e) { out = { code: e.code, message: e.message } }
    return { url: 'data:text/javascript,export default ' + encodeURIComponent(JSON.stringify(out)) + '//' + Math.random(), shortCircuit: true }
  }\`))
const { root, importers, requirers, questions } = JSON.parse(readFileSync(0, 'utf8'))
const out = { import: {}, require: {} }
for (const [from, list] of questions) {
  if (importers.includes(from)) {
    out.import[from] = {}
    for (const s of list) out.import[from][s] = (await import('ask:' + encodeURIComponent(JSON.stringify([pathToFileURL(root + '/' + from).href, s])))).default
  } else {
    out.require[from] = {}
    const require = createRequire(root + '/' + from)
    for (const s of list) try { out.require[from][s] = { to: require.resolve(s) } } catch (e) { out.require[from][s] = { code: e.code, message: e.message } }
  }
}
console.log(JSON.stringify(out))`

beforeAll(() => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  symlinkSync('a.mjs', join(root, 'app/link.mjs'))
  symlinkSync('dir', join(root, 'app/dirlink'))
  const input = JSON.stringify({ root, importers, requirers, questions: [...importers, ...requirers].map((from) => [from, asked(from)]) })
  oracle = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { input, encoding: 'utf8', env: { PATH: process.env.PATH } }),
  )
  setPrefixes(() => [root])
})
afterAll(() => {
  setPrefixes(() => [])
  rmSync(root, { recursive: true })
})

// Not compared: what Node itself answers with a plain SyntaxError or a TypeError from its inside.
const quirks = new Set(['broken', '#fs'])
// Their wording differs between versions of Node.
const worded = new Set(['broken', '@s/'])

const importConditions = new Set(['node', 'import', 'module-sync', 'node-addons'])
const requireConditions = new Set(['node', 'require', 'module-sync', 'node-addons'])

function ours(ask: () => string | undefined): Outcome {
  try {
    const to = ask()
    return to === undefined ? {} : { to }
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message }
  }
}

describe.each(importers)('import from %s', (from) => {
  it.each(asked(from))('%s', (specifier) => {
    const theirs = oracle.import[from]?.[specifier] as Outcome
    const mine = ours(() => {
      const r = resolveImport(specifier, pathToFileURL(join(root, from)).href, importConditions)
      return r && urlOf(r)
    })
    // `undefined` means that Node is asked, whose answer is right by definition when no mount can have one.
    if (mine.to === undefined && mine.code === undefined) {
      expect(theirs.to?.startsWith(pathToFileURL(root).href) ?? false).toBe(false)
      return
    }
    expect({ to: mine.to, code: mine.code }).toEqual({ to: theirs.to, code: theirs.code })
    if (mine.code !== undefined && !worded.has(specifier))
      expect({ message: mine.message }).toEqual({ message: theirs.message?.split('\n')[0] })
  })
})

describe.each(requirers)('require from %s', (from) => {
  it.each(asked(from).filter((s) => !quirks.has(s)))('%s', (specifier) => {
    const theirs = oracle.require[from]?.[specifier] as Outcome
    const mine = ours(() => {
      const r = resolveRequire(specifier, { base: join(root, from), conditions: requireConditions, extensions: ['.js', '.json', '.node'] })
      return r && ('builtin' in r ? r.builtin : r.path)
    })
    if (mine.to === undefined && mine.code === undefined) {
      expect(theirs.to?.startsWith(root) ?? false).toBe(false)
      return
    }
    expect({ to: mine.to, code: mine.code }).toEqual({ to: theirs.to, code: theirs.code })
    if (mine.code !== undefined && mine.code !== 'MODULE_NOT_FOUND')
      expect({ message: mine.message }).toEqual({ message: theirs.message?.split('\n')[0] })
  })
})
