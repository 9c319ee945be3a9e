// The hooks on their own thread, for versions of Node that have them nowhere else.
import core from './core.cjs'

export const { initialize, resolve } = core.loader.threadHooks
