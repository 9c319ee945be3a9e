/**
 * Fixtures for vitest: a tree of files in memory that `node:fs` of the code under test sees, gone when the test is over.
 *
 * @packageDocumentation
 */
import { afterAll, onTestFinished, test as base } from 'vitest'

import { createVfs as create, type FileTree, type Vfs, type VfsOptions } from './vfs.mjs'

export { Vfs, type FileTree, type VfsOptions } from './vfs.mjs'

/**
 * Mounts files in memory and lets `node:fs` see them.
 *
 * In a test (or `beforeEach`) the mount ends with that test; in a file or `describe` it ends after the last test there.
 *
 * @param files names and contents; see {@link FileTree}
 * @param options where it is mounted, and more
 */
export function createVfs(files: FileTree = {}, options: VfsOptions = {}): Vfs {
  const vfs = create(files, options)
  const close = (): Promise<void> => vfs.close()
  try {
    onTestFinished(close)
  } catch {
    afterAll(close)
  }
  return vfs
}

/** vitest's `test` with a fixture `vfs`: an empty tree at `/vfs` for each test that asks for it. */
export const test = base.extend<{ vfs: Vfs }>({
  // Vitest reads the names of the fixtures that one stands on from this pattern.
  // oxlint-disable-next-line no-empty-pattern
  vfs: async ({}, use) => {
    const vfs = create({}, {})
    try {
      await use(vfs)
    } finally {
      await vfs.close()
    }
  },
})
