// Everything that code from a mount can do, as one program; it runs under each door and each version of Node, and exits with 1 when something is
// not as on a real disk. What it is started with says which door: --import …/register, --loader …/loader, --require …/register.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import Module, { createRequire } from 'node:module'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import * as mirage from '@mirage/node-native'

import { tree } from './tree.mjs'

const { patchNodeFs, RAMResource, Workspace } = mirage
// Without a door the program opens one itself.
const opens = process.argv[2] === 'patch'
const before = [Worker, Module._resolveFilename, process.dlopen, readFileSync]

const require = createRequire(import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)
const strips = Boolean(process.features.typescript)
const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
if (opens) patchNodeFs(ws)
for (const [path, text] of Object.entries(tree)) {
  await ws.fs.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
  await ws.fs.writeFile(path, text)
}

let failed = 0
async function check(what, run) {
  try {
    await run()
  } catch (error) {
    failed++
    console.error(`${what}: ${error.stack}`)
  }
}
const rejects = async (promise, expected) => {
  const error = await promise.then(
    () => assert.fail('nothing was thrown'),
    (e) => e,
  )
  for (const [key, value] of Object.entries(expected)) {
    if (value instanceof RegExp) assert.match(String(error[key]), value)
    else assert.deepEqual(error[key], value)
  }
}
const message = async (worker) => {
  const [value] = await once(worker, 'message')
  return value
}

await check('node:fs sees the mount, through every kind of import', async () => {
  assert.equal(readFileSync('/ram/hello.txt', 'utf8'), 'hi')
  assert.equal(await readFile('/ram/hello.txt', 'utf8'), 'hi')
  assert.equal(require('fs').statSync('/ram').isDirectory(), true)
  assert.equal(statSync('/ram/none', { throwIfNoEntry: false }), undefined)
})
await check('import', async () => {
  const mod = await import('/ram/mod.mjs')
  assert.deepEqual(mod.default, ['b', 'hi', 'pk-esm', 'one-esm', 'inner-esm', 42, 'named'])
  assert.deepEqual(mod.meta, ['file:///ram/mod.mjs', '/ram/mod.mjs', '/ram', 'file:///ram/b.mjs', 'file:///ram/node_modules/pk/e.mjs'])
  assert.equal((await import('file:///ram/b.mjs')).b, 'b')
  assert.equal((await import('/ram/d.json', { with: { type: 'json' } })).default.x, 42)
  assert.deepEqual({ ...(await import('/ram/named.cjs')) }.named, 'named')
  assert.equal(import.meta.resolve('/ram/b.mjs'), 'file:///ram/b.mjs')
})
await check('import.meta.resolve asks for no file', async () => {
  assert.deepEqual((await import('/ram/resolves.mjs')).default, ['file:///ram/none.mjs', 'file:///ram/dir', 'node:fs', 'node:fs'])
})
await check('a query makes another instance', async () => {
  assert.deepEqual(
    [(await import('/ram/count.mjs')).default, (await import('/ram/count.mjs')).default, (await import('/ram/count.mjs?2')).default],
    [1, 1, 2],
  )
})
await check('the type of a package', async () => {
  assert.equal((await import('/ram/esm/m.js')).default, 'file:///ram/esm/m.js')
  assert.equal((await import('/ram/esm/plain')).default, 'no ending')
  assert.deepEqual((await import('/ram/cjs/c.js')).default, ['function', '/ram/cjs/c.js'])
  assert.deepEqual(require('/ram/cjs/c.js'), ['function', '/ram/cjs/c.js'])
  assert.equal((await import('/ram/detect.js')).default, 'detected')
})
await check('a manifest that changes', async () => {
  await ws.fs.mkdir('/ram/changing')
  for (const [type, kind] of [
    ['commonjs', 'function'],
    ['module', 'undefined'],
    ['commonjs', 'function'],
  ]) {
    await ws.fs.writeFile('/ram/changing/package.json', JSON.stringify({ type }))
    const name = `/ram/changing/${Math.random()}.js`
    await ws.fs.writeFile(name, 'globalThis.kind = typeof require')
    await import(name)
    assert.equal(globalThis.kind, kind)
  }
})
await check('require', async () => {
  assert.deepEqual(require('/ram/x.cjs'), {
    y: 'y',
    pk: 'pk-cjs',
    sub: 'one-cjs',
    inner: 'inner-cjs',
    f: '/ram/x.cjs',
    d: '/ram',
    r: 'hi',
    j: 42,
    dir: 'dir',
    legacy: 'legacy',
    main: false,
    resolved: '/ram/node_modules/pk/e.cjs',
    paths: '/ram/node_modules',
  })
  assert.equal(require('/ram/x'.slice(0, 4) + '/y'), 'y')
  assert.equal(require('/ram/x.cjs'), require('/ram/x.cjs'))
  assert.equal(require.cache['/ram/y.js'].exports, 'y')
  assert.equal(require.resolve('/ram/dir'), '/ram/dir/index.js')
  assert.equal(require.resolve('pk', { paths: ['/ram'] }), '/ram/node_modules/pk/e.cjs')
  assert.equal(createRequire('/ram/')('pk'), 'pk-cjs')
  assert.equal(createRequire('/ram/other.js').resolve('./y'), '/ram/y.js')
  assert.equal(Module._resolveFilename('/ram/y'), '/ram/y.js')
  assert.equal(createRequire('file:///ram/esm/x.js')('../d.json').x, 42)
})
await check('require of an ES module', async () => {
  if (!process.features.require_module) return
  assert.equal(require('/ram/b.mjs').b, 'b')
  assert.equal(require('/ram/esm/m.js').default, 'file:///ram/esm/m.js')
  // Node 20 resolves the imports of a required module where no hook reaches.
  if (major === 20) assert.throws(() => require('/ram/imports.mjs'), { code: 'ERR_REQUIRE_ESM' })
  else assert.deepEqual(require('/ram/imports.mjs').default, ['b', 'pk-esm'])
})
await check('types are stripped where Node strips them', async () => {
  if (!strips) return rejects(import('/ram/t.mts'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' })
  assert.equal((await import('/ram/t.mts')).default, 5)
  assert.equal((await import('/ram/typed/t.ts')).default, 'ts')
  assert.equal(require('/ram/t.cts'), 6)
})
await check('what is not there', async () => {
  await rejects(import('/ram/none.mjs'), {
    code: 'ERR_MODULE_NOT_FOUND',
    message: /^Cannot find module '\/ram\/none\.mjs' imported from \/.*checks\.mjs/,
  })
  await rejects(import('/ram/missing-dep.mjs'), {
    code: 'ERR_MODULE_NOT_FOUND',
    message: /'\/ram\/not-there\.mjs' imported from \/ram\/missing-dep\.mjs/,
  })
  await rejects(import('/ram/dir'), { code: 'ERR_UNSUPPORTED_DIR_IMPORT' })
  await rejects(import('/ram/no-attribute.mjs'), { name: 'TypeError', message: /type/ })
  await rejects(import('/ram/syntax.mjs'), { name: 'SyntaxError' })
  const thrown = (run) => {
    try {
      run()
    } catch (error) {
      return error
    }
    return undefined
  }
  const error = thrown(() => require('/ram/missing-dep.cjs'))
  assert.equal(error.code, 'MODULE_NOT_FOUND')
  assert.equal(error.requireStack[0], '/ram/missing-dep.cjs')
  assert.match(error.message, /^Cannot find module '\.\/not-there'\nRequire stack:\n- \/ram\/missing-dep\.cjs/)
  assert.equal(thrown(() => require('/ram/none')).code, 'MODULE_NOT_FOUND')
  assert.equal(thrown(() => require.resolve('/ram/none')).code, 'MODULE_NOT_FOUND')
})
await check('stacks name the file and the line', async () => {
  for (const [path, where] of [
    ['/ram/boom.mjs', 'file:///ram/boom.mjs:4:'],
    ['/ram/boom.cjs', '/ram/boom.cjs:4:'],
  ]) {
    const { boom } = await import(path)
    assert.throws(boom, (e) => e.stack.includes(where))
  }
})
await check('workers from a mount', async () => {
  assert.deepEqual(await message(new Worker('/ram/worker.mjs', { workerData: 7 })), ['b', 'hi', 7])
  assert.deepEqual(await message(new Worker(new URL('file:///ram/worker.mjs'), { workerData: 8 })), ['b', 'hi', 8])
  assert.deepEqual(await message(new Worker('/ram/worker.cjs')), ['y', 'hi', '/ram/worker.cjs'])
  class Mine extends Worker {}
  const mine = new Mine('/ram/worker.mjs', { execArgv: [] })
  assert.ok(mine instanceof Mine && mine instanceof Worker)
  assert.deepEqual((await message(mine)).slice(0, 2), ['b', 'hi'])
})
await check('workers from text', async () => {
  const text =
    "const { parentPort } = require('node:worker_threads'); parentPort.postMessage(require('fs').readFileSync('/ram/hello.txt', 'utf8') + require('/ram/y'))"
  assert.equal(await message(new Worker(text, { eval: true })), 'hiy')
  const nested = `const { Worker, parentPort } = require('node:worker_threads'); new Worker(${JSON.stringify(text)}, { eval: true }).on('message', (m) => parentPort.postMessage(m + '!'))`
  assert.equal(await message(new Worker(nested, { eval: true })), 'hiy!')
  const worker = new Worker(text, { eval: true })
  assert.ok(worker instanceof Worker)
  assert.equal(worker.constructor, Worker)
  await worker.terminate()
})
await check('a worker follows what its parent mounts and closes', async () => {
  const worker = new Worker('/ram/late.mjs')
  const exit = once(worker, 'exit')
  const ask = async (path) => {
    worker.postMessage(path)
    return message(worker)
  }
  assert.equal(await message(worker), 'ready')
  assert.equal(await ask('/late/f'), null)
  const late = new Workspace({ '/late': new RAMResource() }, { mode: 'write' })
  if (opens) patchNodeFs(late)
  await late.fs.writeFile('/late/f', 'late')
  assert.equal(await ask('/late/f'), 'late')
  late.addMount('/more', new RAMResource(), 'write')
  await late.fs.writeFile('/more/f', 'more')
  assert.equal(await ask('/more/f'), 'more')
  await late.close()
  assert.equal(await ask('/late/f'), null)
  await ask('')
  await exit
})
await check('workers with mounts of their own under one name', async () => {
  const workers = [1, 2, 3].map((n) => new Worker(new URL('own.mjs', import.meta.url), { workerData: n, argv: process.argv.slice(2) }))
  await Promise.all(workers.map(message))
  const answers = workers.map(message)
  for (const worker of workers) worker.postMessage('go')
  assert.deepEqual(await Promise.all(answers), [1, 2, 3])
  assert.equal(existsSync('/own'), false)
})
await check('the rest of the world is as it was', async () => {
  assert.equal((await import('node:path')).sep, '/')
  assert.equal(existsSync('/ram2'), false)
  await rejects(import('./none.mjs'), { code: 'ERR_MODULE_NOT_FOUND' })
  assert.throws(() => require('absent-package'), { code: 'MODULE_NOT_FOUND' })
  assert.equal(require('./tree.json').fine, true)
})
await check('after the end nothing is left', async () => {
  await ws.close()
  assert.equal(existsSync('/ram/hello.txt'), false)
  await rejects(import('/ram/b.mjs?again'), { code: 'ERR_MODULE_NOT_FOUND' })
  if (opens) assert.deepEqual([(await import('node:worker_threads')).Worker, Module._resolveFilename, process.dlopen, readFileSync], before)
})
console.log(failed === 0 ? `loader checks: ok on ${major}.${minor}` : `${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
