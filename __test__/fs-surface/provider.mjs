// The provider of node:vfs: node --experimental-vfs __test__/fs-surface/provider.mjs (does nothing where there is no node:vfs)
import assert from 'node:assert/strict'
import fs from 'node:fs'

import { RAMResource, toVfsProvider, Workspace } from '@mirage/node-native'

const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
await ws.fs.writeFile('/ram/f.txt', 'hello')
await ws.fs.mkdir('/ram/sub')
await ws.fs.writeFile('/ram/sub/m.mjs', 'export default 5')
const vfs = process.getBuiltinModule?.('node:vfs')
if (vfs === undefined) {
  assert.throws(() => toVfsProvider(ws), /node:vfs is not available on Node/)
  await ws.close()
  process.exit(0)
}
const at = vfs.create(toVfsProvider(ws), { emitExperimentalWarning: false }).mount()
const file = `${at}/ram/f.txt`
assert.equal(fs.readFileSync(file, 'utf8'), 'hello')
assert.equal(await fs.promises.readFile(file, 'utf8'), 'hello')
assert.equal(fs.statSync(file).size, 5)
assert.ok(fs.statSync(file) instanceof fs.Stats)
assert.deepEqual(fs.readdirSync(`${at}/ram`), ['f.txt', 'sub'])
assert.ok(fs.readdirSync(`${at}/ram`, { withFileTypes: true })[1].isDirectory())
let text = ''
for await (const chunk of fs.createReadStream(file, { start: 1 })) text += chunk
assert.equal(text, 'ello')
fs.writeFileSync(`${at}/ram/new`, 'written')
assert.equal(await ws.fs.readFileText('/ram/new'), 'written')
fs.appendFileSync(`${at}/ram/new`, ' more')
await fs.promises.rename(`${at}/ram/new`, `${at}/ram/moved`)
assert.equal(await ws.fs.readFileText('/ram/moved'), 'written more')
fs.mkdirSync(`${at}/ram/d/e`, { recursive: true })
fs.rmSync(`${at}/ram/d`, { recursive: true })
assert.equal(await ws.fs.exists('/ram/d'), false)
const handle = await fs.promises.open(file, 'r+')
await handle.write('J', 0)
assert.equal((await handle.readFile('utf8')).length > 0, true)
await handle.close()
assert.equal(await ws.fs.readFileText('/ram/f.txt'), 'Jello')
assert.equal((await import(`${at}/ram/sub/m.mjs`)).default, 5)
assert.throws(() => fs.readFileSync(`${at}/ram/none`), { code: 'ENOENT' })
await ws.close()
console.log('node:vfs: ok')
process.exit(0)
