'use strict'
// node --require @mirage/node-native/register app.cjs
require('./core.cjs').loader.register()
