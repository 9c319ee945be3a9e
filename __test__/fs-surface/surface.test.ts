// The scripts of this directory, which any Node runs (npm test runs some of them on all supported versions), on this one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const run = (...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 55_000 })
  return `${status} ${status === 0 ? '' : `${stdout}\n${stderr}`}`.trim()
}
const script = (name: string): string => join('__test__', 'fs-surface', name)

describe('node:fs on a mount', () => {
  it('has no export that nobody has looked at', () => expect(run(script('exports.mjs'))).toBe('0'))

  it('works at every entry point, also for code from the mount', () => {
    expect(run(script('surface.mjs'))).toBe('0')
    expect(run('--import', './dist/register.mjs', script('surface.mjs'), '--loading')).toBe('0')
  })

  it.each(['descriptors', 'misc', 'paths', 'streams'])('behaves as the host does: %s', (name) => {
    expect(run(join('__test__', 'fs-surface', 'oracle', 'run.mjs'), name)).toBe('0')
  })

  it('is a provider of node:vfs, or says that there is none', () => expect(run(script('provider.mjs'))).toBe('0'))
})
