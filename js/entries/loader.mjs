// node --loader @mirage/node-native/loader app.mjs
import core from './core.cjs'

export const { initialize, resolve, load } = core.loader.flagHooks
