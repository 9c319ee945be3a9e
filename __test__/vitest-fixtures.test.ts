// createVfs: what a test of somebody else's code uses.
import fs, { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeEach, describe, expect, it } from 'vitest'

import { createVfs, test } from '@mirage/node-native/vitest'

/** Somebody's code. */
const countLines = (path: string): number => readFileSync(path, 'utf8').split('\n').length - 1

describe('in a test', () => {
  it('shows files to node:fs', async () => {
    const vfs = createVfs({ 'a.txt': 'one\ntwo\n', src: { 'index.js': Buffer.from('x'), empty: null }, 'deep/er/b.txt': '' })
    expect(countLines('/vfs/a.txt')).toBe(2)
    expect((await readdir(vfs.path('src'))).sort()).toEqual(['empty', 'index.js'])
    expect(vfs.toJSON()).toEqual({ '/vfs/a.txt': 'one\ntwo\n', '/vfs/deep/er/b.txt': '', '/vfs/src/empty': null, '/vfs/src/index.js': 'x' })
    expect((await vfs.ws.execute('wc -l < a.txt')).stdoutText).toBe('2\n')
  })
  it('has forgotten them in the next one', () => {
    expect(existsSync('/vfs')).toBe(false)
  })
  it('goes back to how it began', () => {
    const vfs = createVfs({ a: '1', d: { b: '2' } })
    fs.rmSync('/vfs/d', { recursive: true })
    fs.writeFileSync('/vfs/new', '')
    vfs.reset()
    expect(vfs.toJSON()).toEqual({ '/vfs/a': '1', '/vfs/d/b': '2' })
  })
  it('can lie anywhere, and beside further mounts', () => {
    const vfs = createVfs({ '/etc/app/config.json': '{}' }, { root: '/etc/app' })
    expect(fs.readdirSync('/etc/app')).toEqual(['config.json'])
    expect(() => vfs.write({ '/elsewhere/x': '' })).toThrow('not in a mount')
    vfs.restore()
    expect(existsSync('/etc/app')).toBe(false)
  })
})

describe('before each test', () => {
  beforeEach(() => {
    createVfs({ n: '0' })
  })
  it.each([1, 2])('is new: %i', (n) => {
    expect(readFileSync('/vfs/n', 'utf8')).toBe('0')
    fs.writeFileSync('/vfs/n', String(n))
  })
})

describe('for a whole describe', () => {
  const vfs = createVfs({ shared: 'yes' }, { root: '/whole' })
  it('is there', () => expect(readFileSync(vfs.path('shared'), 'utf8')).toBe('yes'))
  it('is still there', () => expect(readFileSync('/whole/shared', 'utf8')).toBe('yes'))
})

it('is over after the describe', () => expect(existsSync('/whole')).toBe(false))

it('lets require load from it on request', () => {
  const vfs = createVfs({ 'x.cjs': 'module.exports = require("./y").y + 1', 'y.js': 'exports.y = 1' }, { modules: true })
  expect(createRequire(vfs.path('z.js'))('./x.cjs')).toBe(2)
})

test('as a fixture', ({ vfs }) => {
  vfs.write({ f: 'x' })
  expect(readFileSync('/vfs/f', 'utf8')).toBe('x')
})
