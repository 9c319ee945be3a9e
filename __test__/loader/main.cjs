// A CommonJS program under a door: it is the main module, and reaches the mounts both ways.
const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')

const { RAMResource, Workspace } = require('@mirage/node-native')

assert.equal(require.main, module)
assert.deepEqual(process.argv.slice(2), ['one', 'two'])
const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
async function main() {
  await ws.fs.writeFile('/ram/hello.txt', 'hi')
  await ws.fs.writeFile('/ram/b.mjs', 'export const b = "b"')
  await ws.fs.writeFile('/ram/y.js', 'module.exports = [module.parent !== undefined, __dirname]')
  assert.equal(readFileSync('/ram/hello.txt', 'utf8'), 'hi')
  assert.equal((await import('/ram/b.mjs')).b, 'b')
  assert.deepEqual(require('/ram/y'), [true, '/ram'])
  await ws.close()
  console.log('cjs: ok')
}
main()
