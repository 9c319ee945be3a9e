// A module that is evaluated after the patch, with bindings of every kind.
import fs, { readFileSync } from 'node:fs'

export const named = (path) => readFileSync(path, 'utf8')
export const fromDefault = (path) => fs.readFileSync(path, 'utf8')
