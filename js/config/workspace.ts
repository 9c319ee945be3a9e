/** From a description to a workspace. */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { MountMode, parseMountMode } from '../mode.js'
import { Mount } from '../mount.js'
import { DiskResource, RAMResource, type Resource } from '../resource.js'
import { Workspace, type WorkspaceOptions } from '../workspace.js'
import { ConfigError, interpolate, isRecord, parse, readConfig } from './parse.js'

/** A description, checked. */
export interface Description {
  /** What makes the workspace; resources are made anew for each. */
  open(options?: WorkspaceOptions): Workspace
  /** Mountpoints by prefix, for mounts that shall be in the kernel too; `true` for one of the system's choice. */
  readonly fuse: Readonly<Record<string, true | string>>
  /** The prefixes. */
  readonly prefixes: readonly string[]
}

/** Where descriptions lie by custom, in the order they are looked for. */
export const PLACES = ['mirage.yaml', 'mirage.yml', 'workspace.yaml', '.mirage/workspace.yaml'] as const

/** The description that lies in `dir`, if any. */
export const discover = (dir: string): string | undefined => PLACES.map((place) => join(dir, place)).find((path) => existsSync(path))

type Maker = (config: Record<string, unknown>, at: { dir: string; where: string }) => Resource

/** Refuses fields that nobody reads: a typo must not become a default. */
function only(value: Record<string, unknown>, known: readonly string[], where: string): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key))
  if (unknown.length > 0) throw new ConfigError(`${where}: unknown ${unknown.join(', ')}; there are ${known.join(', ')}`)
}

const SIZES: Record<string, number> = { '': 1, B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }

/** A number of bytes, or text such as `64MB`. */
function bytes(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([KMG]?B)?\s*$/i.exec(String(value)) ?? []
  if (digits === undefined) throw new ConfigError(`${where}: not a size: ${String(value)}`)
  return Math.floor(Number(digits) * (SIZES[(unit ?? '').toUpperCase()] as number))
}

/** What can be mounted by name. */
const MAKERS: Record<string, Maker> = {
  ram: (config, { where }) => {
    only(config, ['limit'], where)
    return new RAMResource({ limit: bytes(config.limit, `${where}.limit`) })
  },
  disk: (config, { dir, where }) => {
    only(config, ['root'], where)
    if (typeof config.root !== 'string' || config.root === '') throw new ConfigError(`${where}: disk needs a root`)
    return new DiskResource({ root: resolve(dir, config.root) })
  },
}

/** Fields of the contract that have no effect yet must not be taken in silence. */
const LATER = ['consistency', 'runtimes', 'route', 'cache', 'index', 'store', 'profiles', 'policies']

function modeOf(value: unknown, where: string): MountMode | undefined {
  if (value === undefined || value === null) return undefined
  try {
    return parseMountMode(value as string)
  } catch (error) {
    throw new ConfigError(`${where}: ${(error as Error).message}`, { cause: error })
  }
}

interface Described {
  make(): Resource
  mode: MountMode | undefined
  fuse: true | string | undefined
}

function mount(value: unknown, dir: string, where: string): Described {
  const spec: unknown = typeof value === 'string' ? { resource: value } : value
  if (!isRecord(spec)) throw new ConfigError(`${where}: a mount is a resource's name, or resource, mode and config`)
  only(spec, ['resource', 'vfs', 'mode', 'config', 'fuse', 'command_safeguards'], where)
  if (spec.command_safeguards !== undefined) throw new ConfigError(`${where}: command_safeguards is not available`)
  const name = spec.resource ?? spec.vfs
  if (typeof name !== 'string') throw new ConfigError(`${where}: which resource?`)
  const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined
  if (maker === undefined) throw new ConfigError(`${where}: no such resource: ${name}; there are ${Object.keys(MAKERS).join(', ')}`)
  const config = spec.config ?? {}
  if (!isRecord(config)) throw new ConfigError(`${where}.config: not a mapping`)
  const fuse = spec.fuse
  if (fuse !== undefined && typeof fuse !== 'boolean' && typeof fuse !== 'string') {
    throw new ConfigError(`${where}.fuse: true, false or a mountpoint`)
  }
  return {
    make: () => maker(config, { dir, where: `${where}.config` }),
    mode: modeOf(spec.mode, `${where}.mode`),
    fuse: fuse === true ? true : typeof fuse === 'string' ? resolve(dir, fuse) : undefined,
  }
}

/**
 * Checks a description that was read.
 *
 * @param value what YAML or JSON gave
 * @param dir what relative paths in it are relative to
 * @param where its name in messages
 */
export function describe(value: unknown, dir: string, where: string): Description {
  if (!isRecord(value)) throw new ConfigError(`${where}: a description is a mapping with mounts`)
  const { mode, mounts, env, cwd, ...rest } = value
  const later = Object.keys(rest).filter((key) => LATER.includes(key))
  if (later.length > 0) throw new ConfigError(`${where}: ${later.join(', ')} is not available`)
  only(rest, ['mode', 'mounts', 'env', 'cwd'], where)
  if (!isRecord(mounts) || Object.keys(mounts).length === 0) throw new ConfigError(`${where}: mounts is missing`)
  if (env !== undefined && !isRecord(env)) throw new ConfigError(`${where}.env: not a mapping`)
  if (cwd !== undefined && typeof cwd !== 'string') throw new ConfigError(`${where}.cwd: not a path`)
  const described = Object.entries(mounts).map(([prefix, spec]) => [prefix, mount(spec, dir, `${where}: ${prefix}`)] as const)
  const options: WorkspaceOptions = {
    mode: modeOf(mode, `${where}: mode`) ?? MountMode.WRITE,
    env: env === undefined ? undefined : Object.fromEntries(Object.entries(env).map(([key, item]) => [key, String(item)])),
    cwd,
  }
  return {
    open: (more) => {
      const mounts = described.map(([prefix, d]) => [prefix, new Mount(d.make(), { mode: d.mode })] as const)
      return new Workspace(Object.fromEntries(mounts), { ...options, ...more })
    },
    fuse: Object.fromEntries(described.flatMap(([prefix, { fuse }]) => (fuse === undefined ? [] : [[prefix, fuse]]))),
    prefixes: described.map(([prefix]) => prefix),
  }
}

/** The description in a file; relative paths in it are relative to the file. */
export function describeFile(path: string): Description {
  const full = resolve(path)
  return describe(readConfig(full), dirname(full), path)
}

/** Whether a value of `MIRAGE_CONFIG` is a description itself, which begins with `{` or has several lines, and not the path of one. */
export const isText = (value: string): boolean => /\n|^\s*\{/.test(value)

/** The description that `MIRAGE_CONFIG` holds, or points to. */
export function describeEnv(value: string): Description {
  if (!isText(value)) return describeFile(value)
  return describe(interpolate(parse(value, 'MIRAGE_CONFIG'), process.env, 'MIRAGE_CONFIG'), process.cwd(), 'MIRAGE_CONFIG')
}
