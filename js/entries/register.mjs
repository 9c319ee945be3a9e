// node --import @mirage/node-native/register app.mjs
import core from './core.cjs'

core.loader.register()
