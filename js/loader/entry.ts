/** What the files in `dist` call; see `js/entries`. */
export { register } from './register.js'
export { flagHooks, threadHooks } from './thread.js'
