// Descriptions of workspaces: what is read, and what is refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe as suite, expect, it } from 'vitest'

import { interpolate, parse } from '../js/config/parse.js'
import { describe, describeEnv, describeFile } from '../js/config/workspace.js'

const dir = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(dir, { recursive: true }))
const yaml = (text: string) => describe(parse(text, 'test'), dir, 'test')

it('makes the workspace', async () => {
  const ws = yaml(
    'mode: read\nenv: { A: 1 }\ncwd: /ram\nmounts:\n  /ram: { resource: ram, mode: rw, config: { limit: 1MB } }\n  /disk: { vfs: disk, config: { root: . } }',
  ).open()
  expect(
    ws
      .mounts()
      .filter((m) => m.resource !== undefined)
      .map((m) => [m.prefix, m.kind, m.mode]),
  ).toEqual([
    ['/disk/', 'disk', 'read'],
    ['/ram/', 'ram', 'write'],
  ])
  expect((await ws.execute('echo $A $PWD; head -c 2000000 /dev/zero > /ram/big')).stdoutText).toBe('1 /ram\n')
  await ws.close()
})

it('is writable unless it says otherwise', async () => {
  const ws = yaml('mounts: { /ram: ram }').open()
  expect(ws.mount('/ram')?.mode).toBe('write')
  await ws.close()
})

it('fills in the environment, and names all that is missing at once', () => {
  expect(interpolate({ a: ['${X}-${X}', '$${X}', '$X', 7] }, { X: 'x' }, 't')).toEqual({ a: ['x-x', '${X}', '$X', 7] })
  expect(() => interpolate(['${B}', { k: '${A}' }], {}, 't')).toThrow('missing environment variables: A, B')
})

it('reads a file, and relative paths from there', async () => {
  writeFileSync(join(dir, 'f.txt'), 'f')
  writeFileSync(join(dir, 'w.yaml'), 'mounts: { /d: { resource: disk, config: { root: . } } }')
  for (const described of [describeFile(join(dir, 'w.yaml')), describeEnv(join(dir, 'w.yaml'))]) {
    const ws = described.open()
    expect(await ws.fs.readFileText('/d/f.txt')).toBe('f')
    await ws.close()
  }
})

suite('refuses', () => {
  it.each([
    ['[]', 'mapping'],
    ['mounts: {}', 'mounts is missing'],
    ['mount: { /a: ram }', 'unknown mount'],
    ['mounts: { /a: rom }', 'no such resource: rom'],
    ['mounts: { /a: { resource: ram, mdoe: read } }', 'unknown mdoe'],
    ['mounts: { /a: { resource: ram, mode: all } }', "invalid mount mode: 'all'"],
    ['mounts: { /a: { resource: disk } }', 'disk needs a root'],
    ['mounts: { /a: { resource: ram, config: { limit: much } } }', 'not a size'],
    ['mounts: { /a: ram }\nruntimes: [x]', 'runtimes is not available'],
    ['mounts: { /a: { resource: ram, fuse: 7 } }', 'fuse'],
    ['a: [', 'test'],
  ])('%s', (text, message) => {
    expect(() => yaml(text).open()).toThrow(message)
  })
})
