import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.test.ts'],
    // The addon's state is process-wide; a process per file keeps one file's workspaces out of another's figures.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
})
