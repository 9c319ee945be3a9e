// The files that the loader's checks mount.
export const tree = {
  '/ram/hello.txt': 'hi',
  '/ram/mod.mjs': `
import { readFileSync } from 'node:fs'
import { b } from './b.mjs'
import pk from 'pk'
import sub from '@scope/pk/feature/one'
import inner from '#inner'
import data from './d.json' with { type: 'json' }
import { named } from './named.cjs'
export default [b, readFileSync('/ram/hello.txt', 'utf8'), pk, sub, inner, data.x, named]
export const meta = [import.meta.url, import.meta.filename, import.meta.dirname, import.meta.resolve('./b.mjs'), import.meta.resolve('pk')]
`,
  '/ram/resolves.mjs':
    'export default [import.meta.resolve("./none.mjs"), import.meta.resolve("./dir"), import.meta.resolve("node:fs"), import.meta.resolve("fs")]',
  '/ram/package.json': '{"name":"app","imports":{"#inner":{"import":"./inner.mjs","require":"./inner.cjs"}}}',
  '/ram/inner.mjs': 'export default "inner-esm"',
  '/ram/inner.cjs': 'module.exports = "inner-cjs"',
  '/ram/b.mjs': 'export const b = "b"',
  '/ram/imports.mjs': 'import { b } from "./b.mjs"; import pk from "pk"; export default [b, pk]',
  '/ram/d.json': '{"x":42}',
  '/ram/named.cjs': 'exports.named = "named"; exports.file = __filename',
  '/ram/x.cjs': `
const y = require('./y')
module.exports = { y, pk: require('pk'), sub: require('@scope/pk/feature/one'), inner: require('#inner'), f: __filename, d: __dirname,
  r: require('fs').readFileSync('/ram/hello.txt', 'utf8'), j: require('./d.json').x, dir: require('./dir'), legacy: require('legacy'),
  main: require.main === module, resolved: require.resolve('pk'), paths: module.paths[0] }
`,
  '/ram/y.js': 'module.exports = "y"',
  '/ram/dir/index.js': 'module.exports = "dir"',
  '/ram/node_modules/pk/package.json': '{"name":"pk","exports":{"import":"./e.mjs","require":"./e.cjs"}}',
  '/ram/node_modules/pk/e.mjs': 'export default "pk-esm"',
  '/ram/node_modules/pk/e.cjs': 'module.exports = "pk-cjs"',
  '/ram/node_modules/@scope/pk/package.json': '{"name":"@scope/pk","exports":{"./feature/*":{"import":"./f/*.mjs","require":"./f/*.cjs"}}}',
  '/ram/node_modules/@scope/pk/f/one.mjs': 'export default "one-esm"',
  '/ram/node_modules/@scope/pk/f/one.cjs': 'module.exports = "one-cjs"',
  '/ram/node_modules/legacy/package.json': '{"main":"./lib"}',
  '/ram/node_modules/legacy/lib/index.js': 'module.exports = "legacy"',
  '/ram/esm/package.json': '{"type":"module"}',
  '/ram/esm/m.js': 'export default import.meta.url',
  '/ram/esm/plain': 'export default "no ending"',
  '/ram/cjs/package.json': '{"type":"commonjs"}',
  '/ram/cjs/c.js': 'module.exports = [typeof require, __filename]',
  '/ram/detect.js': 'export default "detected"',
  '/ram/t.mts': 'const a: number = 5\nexport default a',
  '/ram/typed/package.json': '{"type":"module"}',
  '/ram/typed/t.ts': 'const a: string = "ts"\nexport default a',
  '/ram/t.cts': 'const a: number = 6\nmodule.exports = a',
  '/ram/missing-dep.mjs': 'import "./not-there.mjs"',
  '/ram/no-attribute.mjs': 'import "./d.json"',
  '/ram/syntax.mjs': 'export const a =',
  '/ram/boom.mjs': '\n\nexport function boom() {\n  throw new Error("boom")\n}',
  '/ram/boom.cjs': '\n\nexports.boom = () => {\n  throw new Error("boom")\n}',
  '/ram/missing-dep.cjs': 'require("./not-there")',
  '/ram/count.mjs': 'globalThis.counted = (globalThis.counted ?? 0) + 1\nexport default globalThis.counted',
  '/ram/worker.mjs': `
import { parentPort, workerData } from 'node:worker_threads'
import { readFileSync } from 'node:fs'
import { b } from './b.mjs'
parentPort.postMessage([b, readFileSync('/ram/hello.txt', 'utf8'), workerData])`,
  '/ram/worker.cjs': `
const { parentPort } = require('node:worker_threads')
parentPort.postMessage([require('./y'), require('node:fs').readFileSync('/ram/hello.txt', 'utf8'), __filename])`,
  '/ram/late.mjs': `
import { parentPort } from 'node:worker_threads'
import { existsSync, readFileSync } from 'node:fs'
parentPort.on('message', (path) => { parentPort.postMessage(existsSync(path) ? readFileSync(path, 'utf8') : null); if (path === '') parentPort.close() })
parentPort.postMessage('ready')`,
}
