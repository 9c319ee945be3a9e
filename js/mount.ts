/** Mounts: how they are asked for, and how they are listed. */
import type { FuseMountSpec } from './fuse.js'
import { type MountMode } from './mode.js'
import type { RegisteredCommand } from './command.js'
import type { Resource } from './resource.js'

/** Options of {@link Mount}. */
export interface MountOptions {
  /** What it allows; the workspace's `mode` if left out. */
  mode?: MountMode
  /** Shows it to every program of the machine; see {@link FuseMountSpec}. */
  fuse?: FuseMountSpec
}

/** A resource with the options of its mount, for the workspace's constructor. */
export class Mount {
  readonly resource: Resource
  readonly mode: MountMode | undefined
  readonly fuse: FuseMountSpec | undefined

  constructor(resource: Resource, options?: MountOptions | null) {
    this.resource = resource
    this.mode = options?.mode
    this.fuse = options?.fuse
  }
}

/** A mount, as it is listed. */
export class MountEntry {
  /** `/x/`. */
  readonly prefix: string
  /** The backend's name. */
  readonly kind: string
  readonly mode: MountMode
  /** The object that was mounted; `undefined` for what the workspace made itself. */
  readonly resource: Resource | undefined
  readonly #register: (commands: readonly RegisteredCommand[], kind: string) => void

  /** @internal */
  constructor(
    entry: { prefix: string; kind: string; mode: string },
    resource: Resource | undefined,
    register: (commands: readonly RegisteredCommand[], kind: string) => void,
  ) {
    this.prefix = entry.prefix
    this.kind = entry.kind
    this.mode = entry.mode as MountMode
    this.resource = resource
    this.#register = register
  }

  /** The mode after all ceilings: the mount's own. */
  effectiveMode(): MountMode {
    return this.mode
  }

  /** Registers commands made by `command()` for this mount's kind of backend. */
  registerFns(commands: readonly RegisteredCommand[]): void {
    this.#register(commands, this.kind)
  }

  /** Registers one command made by `command()` for this mount's kind of backend. */
  register(command: RegisteredCommand): void {
    this.#register([command], this.kind)
  }
}
