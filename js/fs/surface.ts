/**
 * Functions that do not (only) pass through Node's binding where it can be replaced, and are replaced themselves. Together
 * with `binding.ts` this covers everything that node:fs exports; `__test__/fs-surface/exports.mjs` holds the whole list.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

import { openAsBlob, openAsBlobSync } from './blob.js'
import { cp, cpPromise, cpSync } from './cp.js'
import { chdir, cwd } from './cwd.js'
import { opendir, opendirPromise, opendirSync } from './dir.js'
import { readFileSync, writeFileSync } from './quick.js'
import { readFile } from './read-file.js'
import { unwatchFile, watchFile } from './stat-watch.js'
import type { Wrap } from './types.js'
import { watch, watchPromise } from './watch.js'
import { writeFile } from './write-file.js'

/** Replacements for functions of `fs`. */
export const FS_SURFACE: Record<string, Wrap> = {
  cp,
  cpSync,
  openAsBlob,
  openAsBlobSync,
  opendir,
  opendirSync,
  readFile,
  readFileSync,
  unwatchFile,
  watch,
  watchFile,
  writeFile,
  writeFileSync,
}

/** Replacements for functions of `fs.promises`. */
export const PROMISES_SURFACE: Record<string, Wrap> = { cp: cpPromise, opendir: opendirPromise, watch: watchPromise }

/** Replacements for functions of `process`. */
export const PROCESS_SURFACE: Record<string, Wrap> = { chdir, cwd }

const undo: (() => void)[] = []

function replace(target: object, table: Record<string, Wrap>): void {
  const object = target as Record<string, unknown>
  for (const [name, wrap] of Object.entries(table)) {
    const real = object[name]
    if (typeof real !== 'function') continue
    const ours = wrap(real as never)
    // What hangs on the function (`util.promisify.custom`, name, length) stays what it was.
    for (const key of Reflect.ownKeys(real)) {
      if (key !== 'prototype') Object.defineProperty(ours, key, Object.getOwnPropertyDescriptor(real, key) as PropertyDescriptor)
    }
    object[name] = ours
    undo.push(() => {
      // Somebody else may have replaced it since; theirs goes on to ours, which passes everything through.
      if (object[name] === ours) object[name] = real
    })
  }
}

/** Puts the replacements in, for CommonJS and ES modules. */
export function installSurface(): void {
  replace(fs, FS_SURFACE)
  replace(fs.promises, PROMISES_SURFACE)
  replace(process, PROCESS_SURFACE)
  syncBuiltinESMExports()
}

/** Takes them out. */
export function uninstallSurface(): void {
  for (const back of undo.splice(0).reverse()) back()
  syncBuiltinESMExports()
}
