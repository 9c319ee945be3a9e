/** What the files in `dist` call; see `js/entries`. */
export { mountInKernel, register } from './register.js'
export { flagHooks, threadHooks } from './thread.js'
