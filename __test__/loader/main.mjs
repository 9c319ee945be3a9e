#!/usr/bin/env node
import { readFileSync } from 'node:fs'
export const line = new Error().stack.split('\n')[1]
// An ES program under a door: what it took hold of before its workspace existed sees the mounts too.
import assert from 'node:assert/strict'

import { RAMResource, Workspace } from '@mirage/node-native'

assert.match(line, /main\.mjs:3:/)
assert.deepEqual(process.argv.slice(2), ['one', 'two'])
if (import.meta.main !== undefined) assert.equal(import.meta.main, true)
await using_()
async function using_() {
  const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
  await ws.fs.writeFile('/ram/hello.txt', 'hi')
  assert.equal(readFileSync('/ram/hello.txt', 'utf8'), 'hi')
  await ws.close()
}
console.log('esm: ok')
