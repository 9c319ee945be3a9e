// What the tests of the kernel mount need from outside: Debian packages where we may install them, and two test suites that are
// Rust programs, built once and kept beside the build, outside the clone.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { env, targetDir } from '../env.mjs'

const cache = dirname(targetDir)
const suites = join(cache, 'fuse-suites')

/** Package of each program that Debian does not call by the program's name. */
const PACKAGE = {
  setfattr: 'attr',
  getfacl: 'acl',
  rg: 'ripgrep',
  cc: 'gcc',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  fusermount3: 'fuse3',
  'sys/acl.h': 'libacl1-dev',
}

/** The suites, by program: the crate that has it and the version that the expected figures are for. */
const CRATE = { pjdfstest: '0.2.2', fsx: '0.3.2' }

const path = (name) =>
  name.includes('/')
    ? ['/usr/include', '/usr/local/include'].map((dir) => join(dir, name)).find(existsSync)
    : (env.PATH ?? '')
        .split(':')
        .map((dir) => join(dir, name))
        .find(executable)

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Why there is no kernel mount on this machine; `undefined` when there is one. */
export function noFuse() {
  if (process.platform !== 'linux') return `there is no FUSE on ${process.platform}`
  if (!existsSync('/dev/fuse')) return '/dev/fuse does not exist'
  return undefined
}

/** Installs what of `programs` is missing, if we may. What is still missing comes back. */
export function install(programs) {
  let missing = programs.filter((name) => path(name) === undefined)
  if (missing.length > 0 && process.getuid?.() === 0 && path('apt-get') !== undefined) {
    const packages = [...new Set(missing.map((name) => PACKAGE[name] ?? name))]
    console.log(`installing ${packages.join(' ')} …`)
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
        env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 600_000,
      }).status
    // Each for itself: one that this system does not have must not keep the others away.
    if (apt('update') === 0) for (const name of packages) apt('install', '-y', '--no-install-recommends', name)
    missing = programs.filter((name) => path(name) === undefined)
  }
  return missing
}

/** The path of a test suite's program, built if need be. */
export function suite(name) {
  const version = CRATE[name]
  const prefix = join(suites, `${name}-${version}`)
  const program = join(prefix, 'bin', name)
  if (existsSync(program)) return program
  mkdirSync(prefix, { recursive: true })
  console.log(`building ${name} ${version} …`)
  const { status } = spawnSync('cargo', ['install', '--quiet', '--locked', '--version', version, '--root', prefix, name], {
    // Not below the clone, whose configuration and lock file are none of the suite's business.
    cwd: prefix,
    env: { ...env, CARGO_TARGET_DIR: join(suites, 'target') },
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: 1_800_000,
  })
  if (status !== 0) throw new Error(`cargo install ${name} ${version} failed`)
  return program
}
