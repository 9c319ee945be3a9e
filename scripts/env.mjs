// Where things are, and how commands are run; shared by all scripts.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Outside the clone, so that the next build is incremental wherever the sources lie. */
export const targetDir =
  process.env.CARGO_TARGET_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mirage-node-native', 'target')

export const env = {
  ...process.env,
  CARGO_TARGET_DIR: targetDir,
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
}

/** Runs a command; ends this process when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env, shell: process.platform === 'win32', ...options })
  if (error !== undefined) {
    console.error(`${command}: ${error.code === 'ENOENT' ? 'not found; install it and try again' : error.message}`)
    process.exit(127)
  }
  if (status !== 0) process.exit(status ?? 1)
}

/** The time of the newest file below the given paths. */
export function newest(...paths) {
  let time = 0
  for (const path of paths) {
    if (!existsSync(path)) continue
    const stat = statSync(path)
    if (stat.isDirectory()) for (const name of readdirSync(path)) time = Math.max(time, newest(join(path, name)))
    else time = Math.max(time, stat.mtimeMs)
  }
  return time
}
