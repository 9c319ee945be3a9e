import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.test.ts'],
    // The addon's state is process-wide; a process per file keeps one file's workspaces out of another's figures.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    // `npm test` runs everything a second time under ./register.
    execArgv: process.env.MIRAGE_TEST_REGISTERED === undefined ? [] : ['--import', new URL('dist/register.mjs', import.meta.url).href],
  },
})
