// The widest path in one file, without a test framework, so that any Node version can run it: node __test__/smoke.mjs
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

import * as esm from '@mirage/node-native'

const cjs = createRequire(import.meta.url)('@mirage/node-native')
assert.equal(cjs.Workspace, esm.Workspace, 'both module systems have one set of classes')

const { RAMResource, Workspace } = esm
const ws = new Workspace(
  {
    '/ram': new RAMResource(),
    '/js': { readdir: () => ['a'], readFile: () => 'from js\n', stat: (p) => (p === '/' ? { type: 'directory' } : { size: 8 }) },
  },
  { mode: 'write' },
)

await ws.fs.writeFile('/ram/f', 'b\na\nb\n')
assert.equal((await ws.execute('sort /ram/f | uniq -c | sort -rn | head -n 1')).stdoutText.trim(), '2 b')
assert.equal((await ws.execute('cat /js/a')).stdoutText, 'from js\n')
assert.equal((await ws.execute('cat', { stdin: 'bytes in' })).stdoutText, 'bytes in')
async function* chunks() {
  yield 'one '
  yield Buffer.from('two')
}
assert.equal((await ws.execute('cat', { stdin: chunks() })).stdoutText, 'one two')

ws.command('twice', async ({ stdin, args }) => `${args.join()}:${(await stdin.text()).repeat(2)}`)
assert.equal((await ws.execute('echo x | twice 1 2')).stdoutText, '1,2:x\nx\n')

const controller = new AbortController()
const busy = ws.execute('while :; do :; done', { signal: controller.signal })
setTimeout(() => controller.abort(), 20)
await assert.rejects(busy, { name: 'AbortError' })
assert.equal((await ws.execute('echo alive')).stdoutText, 'alive\n')
await assert.rejects(ws.fs.readFile('/ram/none'), { code: 'ENOENT', errno: -2, syscall: 'open', path: '/ram/none' })

// Another thread has a workspace of its own.
const worker = new Worker(
  `const { Workspace, RAMResource } = require('@mirage/node-native')
   const { parentPort } = require('node:worker_threads')
   const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
   ws.execute('ls /ram; echo done').then((r) => ws.close().then(() => parentPort.postMessage(r.stdoutText)))`,
  { eval: true },
)
assert.equal(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)), 'done\n')

await ws.close()
await assert.rejects(ws.execute('echo'), { message: 'Workspace is closed' })
console.log('ok')
