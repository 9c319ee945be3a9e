/**
 * One filesystem over everything, and a bash that runs on it inside the process.
 *
 * @packageDocumentation
 */
export { Workspace, type MountSpec, type WorkspaceOptions } from './workspace.js'
export { Mount, MountEntry, type MountOptions } from './mount.js'
export { MountMode, parseMountMode, weakerMode } from './mode.js'
export {
  RAMResource,
  DiskResource,
  BuiltinResource,
  type CustomResource,
  type EntryLike,
  type Resource,
  type StatLike,
} from './resource.js'
export { ExecuteResult } from './result.js'
export { FileStat } from './stat.js'
export { WorkspaceFs, type MkdirOptions, type PathLike, type ReadOptions } from './fs.js'
export { patchNodeFs, type PatchOptions } from './fs/patch.js'
export { toVfsProvider } from './fs/vfs-provider.js'
export type { FuseFailure, FuseMountSpec, FuseOptions } from './fuse.js'
export { ShellProcess, type ExecuteOptions, type Limits } from './execute.js'
export { Session, type SessionMounts, type SessionOptions } from './session.js'
export type { History, HistoryEvent } from './history.js'
export {
  command,
  type CommandContext,
  type CommandFunction,
  type CommandInput,
  type CommandOptions,
  type CommandOutput,
  type CommandReturn,
  type RegisteredCommand,
} from './command.js'
export type { ByteSource, Data } from './bytes.js'
