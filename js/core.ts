/**
 * Everything in one bundle, so that a process has one set of classes, one channel, one table of workspaces: `dist/index.*` show the public
 * part, `dist/register.*`, `loader.mjs`, `hooks.mjs` and `mirage.mjs` switch on the rest.
 */
export * as api from './index.js'
export * as loader from './loader/entry.js'
export * as cli from './cli/cli.js'
