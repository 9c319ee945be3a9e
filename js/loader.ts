/** `node --loader @mirage/node-native/loader app.mjs`: comes with a later version, and says so. */
throw new Error(
  '@mirage/node-native/loader is not available in this version: node:fs is not intercepted yet. Use ws.fs or ws.execute instead.',
)
