// Everything that node:fs exports, and how it reaches a mount. A name that a new version of Node adds is in none of these
// lists and fails the check, until somebody has looked at it: node __test__/fs-surface/exports.mjs
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

import { patchNodeFs, RAMResource, Workspace } from '@mirage/node-native'

const require = createRequire(import.meta.url)
const fs = require('node:fs')
const words = (text) => new Set(text.trim().split(/\s+/))

// Node's own function, whose every access to a file passes a replaced function of the binding.
const BELOW = words(`
  access accessSync appendFile appendFileSync chmod chmodSync chown chownSync close closeSync copyFile copyFileSync
  createReadStream createWriteStream exists existsSync fchmod fchmodSync fchown fchownSync fdatasync fdatasyncSync fstat
  fstatSync fsync fsyncSync ftruncate ftruncateSync futimes futimesSync glob globSync lchown lchownSync link linkSync lstat
  lstatSync lutimes lutimesSync mkdir mkdirSync mkdtemp mkdtempDisposable mkdtempDisposableSync mkdtempSync open openSync read
  readSync readdir readdirSync readlink readlinkSync readv readvSync realpath realpathSync rename renameSync rm
  rmSync rmdir rmdirSync stat statSync statfs statfsSync symlink symlinkSync truncate truncateSync unlink unlinkSync utimes
  utimesSync write writeSync writev writevSync ReadStream WriteStream FileReadStream FileWriteStream Utf8Stream
`)
// Replaced while a patch is in place.
const REPLACED = words(`
  cp cpSync openAsBlob openAsBlobSync opendir opendirSync readFile readFileSync unwatchFile watch watchFile writeFile
  writeFileSync
`)
// Needs no file: classes that hold values, numbers, conversions; lchmod is macOS only.
const VALUES = words(`
  Dir Dirent F_OK R_OK Stats W_OK X_OK _toUnixTimestamp constants lchmod lchmodSync promises
`)
const PROMISES_REPLACED = words('cp opendir watch')
const PROMISES_BELOW = words('readFile writeFile')

// The binding: what is replaced in it, and what may stay.
const BINDING = words(`
  FileHandle ReadFileJob WriteFileJob access chmod chown close copyFile existsSync fchmod fchown fdatasync fstat fsync ftruncate
  futimes getFormatOfExtensionlessFile internalModuleStat lchown link lstat lutimes mkdir mkdtemp open openFileHandle read
  readBuffers readFileUtf8 readdir readdirRecursive readlink realpath rename rmSync rmdir stat statfs symlink unlink utimes
  writeBuffer writeBuffers writeFileUtf8 writeString
`)
// Reached only through functions that are replaced, through the module loader, or values.
const BINDING_LEFT = words(`
  CpDirJob FSReqCallback StatWatcher bigintStatFsValues bigintStatValues cpSyncCheckPaths cpSyncCopyDir cpSyncOverrideFile
  internalModuleReadJSON kFsStatsFieldsNumber kUsePromises legacyMainResolve statFsValues statValues
`)

const binding = process.binding('fs')
const before = { fs: { ...fs }, promises: { ...fs.promises }, binding: { ...binding }, chdir: process.chdir, cwd: process.cwd }

for (const name of Object.keys(fs)) {
  assert.ok(BELOW.has(name) || REPLACED.has(name) || VALUES.has(name), `fs.${name} is new: how does it reach a mount?`)
}
for (const name of Object.keys(fs.promises)) {
  const known = BELOW.has(name) || PROMISES_REPLACED.has(name) || PROMISES_BELOW.has(name) || VALUES.has(name)
  assert.ok(known, `fs.promises.${name} is new: how does it reach a mount?`)
}
for (const name of Object.keys(binding)) {
  assert.ok(BINDING.has(name) || BINDING_LEFT.has(name), `the binding's ${name} is new: does it take a path or a descriptor?`)
}

const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
const restore = patchNodeFs(ws)
for (const [name, value] of Object.entries(before.fs)) {
  if (typeof value === 'function') assert.equal(fs[name] !== value, REPLACED.has(name), `fs.${name}`)
}
for (const [name, value] of Object.entries(before.promises)) {
  if (typeof value === 'function') assert.equal(fs.promises[name] !== value, PROMISES_REPLACED.has(name), `fs.promises.${name}`)
}
for (const [name, value] of Object.entries(before.binding)) {
  if (typeof value === 'function') assert.equal(binding[name] !== value, BINDING.has(name), `the binding's ${name}`)
}
// A replacement looks like what it replaces.
for (const name of REPLACED) {
  if (before.fs[name] === undefined) continue
  assert.equal(fs[name].name, before.fs[name].name)
  assert.equal(fs[name].length, before.fs[name].length)
}

restore()
for (const [name, value] of Object.entries(before.fs)) assert.equal(fs[name], value, `fs.${name} after restore`)
for (const [name, value] of Object.entries(before.promises)) assert.equal(fs.promises[name], value, `fs.promises.${name} after restore`)
for (const [name, value] of Object.entries(before.binding)) assert.equal(binding[name], value, `the binding's ${name} after restore`)
assert.equal(process.chdir, before.chdir)
assert.equal(process.cwd, before.cwd)
await ws.close()
