import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';

/** Bytes in the forms that callers have them. */
/** Anything that is bytes or text. */
export type Data = string | Uint8Array | ArrayBuffer | ArrayBufferView;
/** What can be streamed in: chunks of bytes or text. */
export type ByteSource = AsyncIterable<Data> | Iterable<Data> | ReadableStream<Data>;
/** {@link FileStat}: what `ws.fs.stat` answers. */
/** The record that native code answers. */
export type NativeStat = [
	kind: string,
	size: number | null,
	mode: number | null,
	uid: number | null,
	gid: number | null,
	nlink: number,
	ino: number,
	mtimeMs: number | null,
	atimeMs: number | null,
	fingerprint: string | null,
	revision: string | null,
	contentType: string | null
];
/** What is known of a file. Frozen. `size` is the length of what a read returns, or `null` when only a read can tell. */
export declare class FileStat {
	/** The last component of the path; `/` for a root. */
	readonly name: string;
	/** Bytes, or `null` when not known before reading. */
	readonly size: number | null;
	/** Last modification, ISO 8601. */
	readonly modified: string | null;
	/** Identifies the version of the content. */
	readonly fingerprint: string | null;
	/** A version that the backend can be asked for again. */
	readonly revision: string | null;
	/** `directory`, `text`, `binary`, `json`, `csv`, `image/png` … */
	readonly type: string;
	/** Permission bits. */
	readonly mode: number | null;
	/** Owner. */
	readonly uid: number | null;
	/** Group. */
	readonly gid: number | null;
	/** Last access, ISO 8601. */
	readonly atime: string | null;
	/** What else the backend says. */
	readonly extra: Readonly<Record<string, unknown>>;
	constructor(path: string, stat: NativeStat);
	/** Whether this is a directory. */
	isDirectory(): boolean;
	/** Whether this is a regular file. */
	isFile(): boolean;
	/** Whether this is a symbolic link (`lstat` only). */
	isSymbolicLink(): boolean;
}
/** A path as callers have it. */
export type PathLike = string | Uint8Array | URL;
/** Options of {@link WorkspaceFs.readFile}. */
export interface ReadOptions {
	/** The stored bytes even where a reader would render the file as text. */
	raw?: boolean;
	/** First byte. */
	offset?: number;
	/** Number of bytes. */
	size?: number;
}
/** Options of {@link WorkspaceFs.mkdir}. */
export interface MkdirOptions {
	/** Also make what is missing above, and accept that it is there already. */
	recursive?: boolean;
	/** Permission bits. */
	mode?: number;
}
/** The tree, as one session sees it. Paths are absolute; errors have Node's shape plus `virtualPath`. */
export declare class WorkspaceFs {
	#private;
	/** The content of a file. */
	readFile(path: PathLike, options?: ReadOptions | null): Promise<Buffer>;
	/** The content of a file as text. */
	readFileText(path: PathLike, encoding?: string): Promise<string>;
	/** The content of a file as text. */
	cat(path: PathLike): Promise<string>;
	/** Reads part of a file. */
	read(path: PathLike, options?: ReadOptions | null): Promise<Buffer>;
	/** Replaces a file, creating it if need be. The data is copied: later changes to the buffer do not reach the file. */
	writeFile(path: PathLike, data: Data): Promise<void>;
	/** The same as {@link writeFile}. */
	write(path: PathLike, data: Data): Promise<void>;
	/** Adds to the end of a file, creating it if need be. */
	appendFile(path: PathLike, data: Data): Promise<void>;
	/** The same as {@link appendFile}. */
	append(path: PathLike, data: Data): Promise<void>;
	/** The full paths of a directory's entries, sorted. */
	readdir(path: PathLike): Promise<string[]>;
	/** The names of a directory's entries, sorted. */
	listFiles(path: PathLike): Promise<string[]>;
	/** What is known of a path; of a link itself with `nofollow`. */
	stat(path: PathLike, options?: {
		nofollow?: boolean;
	} | null): Promise<FileStat>;
	/** What is known of a path, of a link itself. */
	lstat(path: PathLike): Promise<FileStat>;
	/** Whether something is there. */
	exists(path: PathLike): Promise<boolean>;
	/** Whether a directory is there. */
	isDir(path: PathLike): Promise<boolean>;
	/** Whether a regular file is there. */
	isFile(path: PathLike): Promise<boolean>;
	/** Makes a directory. With `recursive` it answers the first directory that was made. */
	mkdir(path: PathLike, options?: MkdirOptions | null): Promise<string | undefined>;
	/** Removes a file or a link. */
	unlink(path: PathLike): Promise<void>;
	/** Removes an empty directory. */
	rmdir(path: PathLike): Promise<void>;
	/** Removes a file, or a tree with `recursive`; `force` forgives what is not there. */
	rm(path: PathLike, options?: {
		recursive?: boolean;
		force?: boolean;
	} | null): Promise<void>;
	/** Renames a file or a tree. Between mounts it copies everything, then removes the source. */
	rename(from: PathLike, to: PathLike): Promise<void>;
	/** Copies the content of one file. */
	copyFile(from: PathLike, to: PathLike): Promise<void>;
	/** Makes a symbolic link at `path` with the text `target`. */
	symlink(target: PathLike, path: PathLike): Promise<void>;
	/** Makes a hard link, where the backend has them. */
	link(existing: PathLike, path: PathLike): Promise<void>;
	/** The text of a symbolic link. */
	readlink(path: PathLike): Promise<string>;
	/** The path with every link followed. */
	realpath(path: PathLike): Promise<string>;
	/** Cuts a file, or extends it with zeros. */
	truncate(path: PathLike, size?: number): Promise<void>;
	/** Changes permission bits. */
	chmod(path: PathLike, mode: number): Promise<void>;
	/** Changes owner and group. */
	chown(path: PathLike, uid: number, gid: number): Promise<void>;
	/** Changes the times of last access and modification (seconds since the epoch, or dates). */
	utimes(path: PathLike, atime: number | Date, mtime: number | Date): Promise<void>;
}
/** Standard input of a command: an async iterable of chunks that are pulled one by one. */
export interface CommandInput extends AsyncIterable<Buffer> {
	/** Everything that is left, as bytes. */
	bytes(): Promise<Buffer>;
	/** Everything that is left, as text. */
	text(): Promise<string>;
}
/** An output of a command. */
export interface CommandOutput {
	/** Writes; resolves when the other side has taken it, rejects with `EPIPE` when nobody reads any more. */
	write(data: Data): Promise<void>;
}
/** What a command's function gets. */
export interface CommandContext {
	/** The name it was called by. */
	name: string;
	/** The arguments; one that is not UTF-8 is a `Buffer`. */
	args: string[];
	/** The arguments that are no options, as absolute paths. */
	paths: string[];
	/** The arguments that are options: `--name=value` and `--name` by name, `-abc` by letter. */
	flags: Record<string, string | true>;
	stdin: CommandInput;
	stdout: CommandOutput;
	stderr: CommandOutput;
	fs: WorkspaceFs;
	env: Record<string, string>;
	cwd: string;
	/** Fires when the call is cancelled. */
	signal: AbortSignal;
}
/** What a command's function may return. `null` lets an override pass the call on. */
export type CommandReturn = void | undefined | null | number | Data | ByteSource | {
	stdout?: Data | ByteSource | null;
	stderr?: Data | ByteSource | null;
	exitCode?: number;
};
/** A command's function. */
export type CommandFunction = (context: CommandContext) => CommandReturn | Promise<CommandReturn>;
/** Where a command applies, and what it is for. */
export interface CommandOptions {
	/** Only when the first operand lies on a backend of this kind. */
	resource?: string | readonly string[] | null;
	/** Only when the first operand's name ends like this (`parquet` or `.parquet`). */
	filetype?: string | null;
	/** One line for `--help`. */
	summary?: string;
}
/** A command as `command()` makes it, to be registered on a mount. */
export interface RegisteredCommand {
	name: string;
	resource: string | null;
	filetype: string | null;
	summary: string;
	fn: CommandFunction;
}
/** Describes a command for `mount.registerFns`: one entry per backend kind. */
export declare function command(spec: {
	name: string;
	fn: CommandFunction;
} & CommandOptions): RegisteredCommand[];
/** {@link ExecuteResult}: how a line ended. */
/** What a line printed, and its exit status. */
export declare class ExecuteResult {
	readonly stdout: Buffer;
	readonly stderr: Buffer;
	/** 0 to 255. */
	readonly exitCode: number;
	constructor(stdout: Buffer, stderr: Buffer, exitCode: number);
	/** Standard output as UTF-8; invalid bytes become U+FFFD. */
	get stdoutText(): string;
	/** Standard error as UTF-8; invalid bytes become U+FFFD. */
	get stderrText(): string;
}
/** Limits of a call. `Infinity` or `null` switches one off. One that fires ends the call loudly: 124, 126 or 137 and a reason. */
export interface Limits {
	/** Milliseconds for the whole call. */
	timeoutMs?: number | null;
	/** Milliseconds for one command (default 600 000). */
	commandTimeoutMs?: number | null;
	/**
	 * Milliseconds of processor time, all threads of the call together (default 15 000). Waiting costs nothing, so a slow backend
	 * does not use it up; a loop that never ends does.
	 */
	cpuMs?: number | null;
	/** Steps of the interpreter: commands and loop rounds. */
	steps?: number | null;
	/** Bytes of standard output, and of standard error. */
	outputBytes?: number | null;
	/** Nesting of functions, `source`, `eval`, substitutions (default 1000). */
	depth?: number | null;
	/** Open descriptors (default 1024). */
	openFiles?: number | null;
	/** Bytes of one variable, expansion or command buffer (default 1 GiB). */
	memoryBytes?: number | null;
	/** Words of one expansion (default 10 000 000). */
	words?: number | null;
}
/** Options of `execute`. */
export interface ExecuteOptions {
	/** Standard input: bytes, text, or a stream or iterable of them, pulled as it is read. */
	stdin?: Data | ByteSource | null;
	/** The session; the default one if left out. */
	sessionId?: string;
	/** Recorded in the history. */
	agentId?: string;
	/** Ends the call: the promise rejects with an `AbortError`, the session stays usable. */
	signal?: AbortSignal;
	/** Working directory; runs in a fork of the session, from which nothing leaks back. */
	cwd?: string;
	/** Variables; runs in a fork of the session. `undefined` removes one. */
	env?: Record<string, string | undefined>;
	/** `false` keeps the line out of the history. */
	record?: boolean;
	/** The same as `record: false`. */
	noHistory?: boolean;
	/** Gets output as it comes. A promise that it returns is awaited before more is sent. */
	onStdout?: (chunk: Buffer) => unknown;
	/** Gets error output as it comes. */
	onStderr?: (chunk: Buffer) => unknown;
	/** `false`: output that a callback gets is not collected as well. */
	buffer?: boolean;
	/** Limits of this call over those of the workspace. */
	limits?: Limits;
	/** Milliseconds for the whole call; the same as `limits.timeoutMs`. */
	timeoutMs?: number;
}
/** A running line with Node streams, as `child_process.spawn` gives them. Emits `exit` and `close` with the exit code, or `error`. */
export declare class ShellProcess extends EventEmitter {
	#private;
	readonly stdin: Writable;
	readonly stdout: Readable;
	readonly stderr: Readable;
	/** The exit code once it is known. */
	exitCode: number | null;
	/** The end of the line; rejects when it was killed. */
	readonly done: Promise<ExecuteResult>;
	/** Ends the line. */
	kill(): boolean;
}
/** How a kernel mount behaves. Times are in milliseconds. */
export interface FuseOptions {
	/** Where: a directory of the host, made if it is missing. A new temporary directory if left out. */
	mountpoint?: string;
	/** The session that it is bound to: it shows what that session may see, and allows what that session may do. */
	session?: string;
	/**
	 * What `stat` does for a file whose size nobody knows before it is read. `auto`: 0 until it is first opened, the size from
	 * then on. `never`: 0 whenever nobody has it open. `always`: reads it to learn the size, for `tar` and backups.
	 */
	statFetch?: "never" | "auto" | "always";
	/** How long the kernel may believe names and attributes without asking again; 1000 if left out. */
	ttl?: number;
	/** Lets the kernel gather small writes before it hands them over. */
	writeback?: boolean;
	/** Keeps nothing in the kernel's page cache. */
	directIo?: boolean;
	/** Refuses every change. */
	readOnly?: boolean;
	/** Whether other users of the host may use it; only root's mounts allow it if left out. */
	allowOther?: boolean;
	/** Bytes of a file of unknown size that `open` fetches at most, before it streams instead; 64 MiB if left out. */
	openLimit?: number;
	/** How long `open` fetches a file of unknown size, before it streams instead; 5000 if left out. */
	openTimeout?: number;
	/** How long a request may take before it fails with `ETIMEDOUT`; 30 000 if left out. */
	timeout?: number;
	/** How long a request waits for a JavaScript thread to begin with it before it fails; 2000 if left out. */
	pickupTimeout?: number;
	/** Threads that read the kernel's requests. */
	threads?: number;
	/** The name of the source in `/proc/mounts`; `mirage` if left out. */
	name?: string;
}
/** `true`: at a new temporary directory. A string: there. `false`: not at all. */
export type FuseMountSpec = boolean | string | FuseOptions;
/** Something that went wrong with a kernel mount. */
export interface FuseFailure {
	time: Date;
	/** `mount`, or the request of the kernel that failed, such as `read`. */
	operation: string;
	/** The path in the workspace, as far as known; the prefix of a mount that failed. */
	path: string;
	code: string;
	message: string;
}
/** A line that was run. */
export interface HistoryEvent {
	type: "command";
	agent: string;
	session: string;
	/** Milliseconds since the epoch. */
	timestamp: number;
	cwd: string;
	command: string;
	exitCode: number;
	/** At most 4096 bytes. */
	stdout: string;
}
/** The history: call it for a promise of the events, or use `entries()` and `clear()`. */
interface History$1 {
	(): Promise<HistoryEvent[]>;
	/** The events, oldest first. */
	entries(): HistoryEvent[];
	/** Forgets everything. */
	clear(): void;
}
/** Mount modes. Each includes the one before. */
export declare const MountMode: Readonly<{
	/** Look and read. */
	readonly READ: "read";
	/** Also change. */
	readonly WRITE: "write";
	/** Also run interpreters on what lies there. */
	readonly EXEC: "exec";
}>;
/** `'read' | 'write' | 'exec'`. */
export type MountMode = (typeof MountMode)[keyof typeof MountMode];
/** Parses `read`/`r`, `write`/`rw`, `exec`/`rwx`; throws on anything else. */
export declare function parseMountMode(text: string): MountMode;
/** The one that allows less. */
export declare function weakerMode(a: MountMode, b: MountMode): MountMode;
/** A backend that this package implements. */
export declare abstract class BuiltinResource {
	/** The backend's name. */
	get kind(): string;
	/** Whether reads are worth caching. */
	get cachesReads(): boolean;
	/** For `OpsRegistry`, which the reference's examples fill: the operations live in native code, so this is empty. */
	ops(): readonly unknown[];
	/** For code that opens a resource before it mounts it: nothing to do. */
	open(): Promise<void>;
	/** For code that closes a resource itself: the workspace does it. */
	close(): Promise<void>;
}
/** A tree in memory: real inodes, hard and symbolic links, POSIX errors, contents copied on write. */
export declare class RAMResource extends BuiltinResource {
	/** @param options `limit`: bytes that fit in; more is `ENOSPC`. */
	constructor(options?: {
		limit?: number;
	} | null);
}
/** A directory of this machine. Nothing outside it can be reached, not even through a symbolic link. */
export declare class DiskResource extends BuiltinResource {
	/** The directory. */
	readonly root: string;
	/** @param options the directory, as `root`; it must exist. */
	constructor(options: {
		root: string;
	} | string);
}
/** What a stat may look like when JavaScript answers it. */
export interface StatLike {
	/** Length of what a read returns; leave it out when only a read can tell. */
	size?: number | bigint | null;
	/** `'directory'`, `'file'`, `'symlink'`, or any other type, which means a file. */
	type?: string;
	kind?: string;
	isDirectory?: boolean | (() => boolean);
	isSymbolicLink?: boolean | (() => boolean);
	mode?: number | null;
	mtimeMs?: number | null;
	mtime?: Date | number | string | null;
	modified?: Date | number | string | null;
	/** Identifies the version of the content (an ETag). */
	fingerprint?: string | null;
	contentType?: string | null;
}
/** An entry of a listing: a name (a directory may end in `/`), or an object with one. */
export type EntryLike = string | ({
	name: string;
} & StatLike);
export type Awaitable<T> = T | Promise<T>;
/**
 * A backend written in JavaScript. `readdir`, `readFile` and `stat` are enough; each further method switches on an ability.
 * Paths are strings that begin with `/`, seen from the mount. Throw an error with a `code` (`ENOENT`, `EACCES` …) to refuse.
 */
export interface CustomResource {
	/** Its name; `js` if left out. */
	kind?: string;
	/** A line that explains the mount to an agent; `{prefix}` stands for its path. */
	prompt?: string;
	/** The entries of a directory. */
	readdir(path: string): Awaitable<Iterable<EntryLike>>;
	/** The content of a file. */
	readFile(path: string): Awaitable<Data | ByteSource>;
	/** What is known of a path; `null` or `undefined` when nothing is there. */
	stat(path: string): Awaitable<StatLike | null | undefined>;
	/** Part of a file, from `start` to `end` (exclusive); with it, large files are never read whole. */
	readRange?(path: string, start: number, end: number): Awaitable<Data>;
	writeFile?(path: string, data: Buffer): Awaitable<unknown>;
	appendFile?(path: string, data: Buffer): Awaitable<unknown>;
	truncate?(path: string, size: number): Awaitable<unknown>;
	mkdir?(path: string): Awaitable<unknown>;
	unlink?(path: string): Awaitable<unknown>;
	rmdir?(path: string): Awaitable<unknown>;
	rename?(from: string, to: string): Awaitable<unknown>;
	copyFile?(from: string, to: string): Awaitable<unknown>;
	symlink?(target: string, path: string): Awaitable<unknown>;
	readlink?(path: string): Awaitable<string>;
	chmod?(path: string, mode: number): Awaitable<unknown>;
	chown?(path: string, uid: number, gid: number): Awaitable<unknown>;
	utimes?(path: string, atime: Date, mtime: Date): Awaitable<unknown>;
	open?(): Awaitable<unknown>;
	close?(): Awaitable<unknown>;
}
/** Anything that can be mounted. */
export type Resource = BuiltinResource | CustomResource;
/** Options of {@link Mount}. */
export interface MountOptions {
	/** What it allows; the workspace's `mode` if left out. */
	mode?: MountMode;
	/** Shows it to every program of the machine; see {@link FuseMountSpec}. */
	fuse?: FuseMountSpec;
}
/** A resource with the options of its mount, for the workspace's constructor. */
export declare class Mount {
	readonly resource: Resource;
	readonly mode: MountMode | undefined;
	readonly fuse: FuseMountSpec | undefined;
	constructor(resource: Resource, options?: MountOptions | null);
}
/** A mount, as it is listed. */
export declare class MountEntry {
	#private;
	/** `/x/`. */
	readonly prefix: string;
	/** The backend's name. */
	readonly kind: string;
	readonly mode: MountMode;
	/** The object that was mounted; `undefined` for what the workspace made itself. */
	readonly resource: Resource | undefined;
	/** The mode after all ceilings: the mount's own. */
	effectiveMode(): MountMode;
	/** Registers commands made by `command()` for this mount's kind of backend. */
	registerFns(commands: readonly RegisteredCommand[]): void;
	/** Registers one command made by `command()` for this mount's kind of backend. */
	register(command: RegisteredCommand): void;
}
/** Ceiling per mount: a map of prefix to mode (or alias), or a list of prefixes that keep their mode. */
export type SessionMounts = Record<string, string> | ReadonlyMap<string, string> | Iterable<string>;
/** Options of `createSession`. */
export interface SessionOptions {
	/** What the session may see; everything if left out. */
	mounts?: SessionMounts | null;
	/** The reference's first name for a list of mounts. */
	allowedMounts?: Iterable<string> | null;
}
/** A session's handle. */
export declare class Session {
	#private;
	/** Its id. */
	readonly id: string;
	/** The tree as this session may see it. */
	readonly fs: WorkspaceFs;
	/** The same as `id`. */
	get sessionId(): string;
	/** Its working directory after the last finished line. */
	get cwd(): string;
	/** Its exported variables after the last finished line. */
	get env(): Record<string, string>;
	/** Runs a line in this session. */
	execute(command: string, options?: ExecuteOptions): Promise<ExecuteResult>;
	/** The same as `execute`. */
	shell(command: string, options?: ExecuteOptions): Promise<ExecuteResult>;
}
/** What can be mounted at a prefix: a resource, a resource with its mode, or a {@link Mount}. */
export type MountSpec = Resource | readonly [
	Resource,
	MountMode
] | Mount;
/** Options of a workspace. */
export interface WorkspaceOptions {
	/** Mode of every mount that sets none; `read` if left out. */
	mode?: MountMode;
	/** Mode by prefix, over the mount's own. */
	modeOverrides?: Record<string, MountMode>;
	/** Recorded with every line; `default` if left out. */
	agentId?: string;
	/** Id of the default session; `default` if left out. */
	sessionId?: string;
	/** Lines of history kept; 100 if left out. */
	historyLimit?: number;
	/** First environment of every session. */
	env?: Record<string, string>;
	/** Working directory of new sessions; `/` if left out. */
	cwd?: string;
	/** Limits of every call. */
	limits?: Limits;
	/** Parts of the tree that any program shall see, by prefix; see {@link FuseMountSpec}. */
	fuseMounts?: Record<string, FuseMountSpec>;
	/** `false` switches off the guard that cuts the last `cat`, `grep`, `rg`, `head` or `tail` of a line at 2000 lines. */
	outputLimits?: boolean;
	/** Accepted for code written for the reference, which parses in JavaScript. */
	ops?: unknown;
	shellParser?: unknown;
	shellParserFactory?: unknown;
}
/** One tree of mounts, one shell with its sessions. */
export declare class Workspace implements AsyncDisposable {
	#private;
	/** The programmatic door. */
	readonly fs: WorkspaceFs;
	/** What was run. */
	readonly history: History$1;
	/**
	 * @param resources what is mounted where, by prefix: `{ '/data': new RAMResource() }`
	 * @param options see {@link WorkspaceOptions}
	 */
	constructor(resources?: Record<string, MountSpec>, options?: WorkspaceOptions);
	/** Mounts a resource. The mode is `read` if left out, whatever the workspace's is. */
	addMount(prefix: string, resource: Resource, mode?: MountMode): MountEntry;
	/** Takes a mount out, and closes its resource when no other mount uses it. */
	unmount(prefix: string): Promise<void>;
	/** The mounts, longest prefix first. */
	mounts(): readonly MountEntry[];
	/** The mount that a path belongs to. */
	mount(path: string): MountEntry | null;
	/**
	 * Shows what lies below `prefix` to every program of the machine, as a directory; `/` shows the whole workspace. Answers where:
	 * `mountpoint`, or a new temporary directory. Only directories that were made for it are removed at the end.
	 * @param session the id of the session that it is bound to, or further options
	 */
	addFuseMount(prefix: string, mountpoint?: string | FuseOptions | null, session?: string | FuseOptions | null): Promise<string>;
	/** Takes a kernel mount off, even when a program uses it. */
	removeFuseMount(prefix: string, session?: string | null): Promise<void>;
	/** Where the kernel mounts are, by prefix (`/data`), or by `prefix@session` for those that are bound to a session. */
	get fuseMountpoints(): Record<string, string>;
	/** Where the only kernel mount is; `null` when there is none. Throws when there are several. */
	get fuseMountpoint(): string | null;
	/**
	 * Resolves when the kernel mounts that the constructor was asked for are up, or have failed; with `strict` it rejects with the
	 * first failure.
	 */
	fuseReady(options?: {
		strict?: boolean;
	} | null): Promise<void>;
	/** What went wrong with kernel mounts: those of the constructor that failed, and the latest requests that did. */
	get fuseErrors(): readonly FuseFailure[];
	/** Runs a line (or a script) in the shell. Whatever the shell can say is in the result; it rejects only for an abort, an unknown session, or a closed workspace. */
	execute(command: string, options?: ExecuteOptions | null): Promise<ExecuteResult>;
	/** The same as {@link execute}. */
	shell(command: string, options?: ExecuteOptions | null): Promise<ExecuteResult>;
	/** Starts a line with Node streams for its standard input and outputs. */
	spawn(command: string, options?: Omit<ExecuteOptions, "stdin" | "onStdout" | "onStderr">): ShellProcess;
	/**
	 * Adds a command written in JavaScript: `ws.command('summarize', fn)`, or for one kind of backend and/or file type,
	 * `ws.command('cat', { resource: 's3', filetype: 'parquet' }, fn)`.
	 */
	command(name: string, fn: CommandFunction): this;
	command(name: string, options: CommandOptions, fn: CommandFunction): this;
	/** Takes a command out, with all its overrides. Whether there was one. */
	removeCommand(name: string): boolean;
	/** Names of all commands, sorted. */
	commands(): string[];
	/** Opens a session with a state of its own, narrowed to some mounts if asked for. */
	createSession(id: string, options?: SessionOptions | null): Session;
	/** A session that is open. */
	getSession(id: string): Session;
	/** All sessions. */
	listSessions(): Session[];
	/** Ends a session and what runs in it. */
	closeSession(id: string): Promise<void>;
	/** Ends all sessions but the default one. */
	closeAllSessions(): Promise<void>;
	/** The id of the default session. */
	get defaultSessionId(): string;
	/** Working directory of the default session. */
	get cwd(): string;
	set cwd(cwd: string);
	/** Exported variables of the default session; assign an object to replace them. */
	get env(): Record<string, string>;
	set env(env: Record<string, string>);
	/** What is known of a path. */
	stat(path: string): Promise<FileStat>;
	/** The full paths of a directory's entries. */
	readdir(path: string): Promise<string[]>;
	/** One operation by its name, as the reference's adapters call it: `read write append stat readdir exists mkdir rmdir unlink rename truncate …`. */
	dispatch(op: string, path: string, args?: readonly unknown[]): Promise<unknown>;
	/** A description of the mounts for an agent's prompt. */
	get filePrompt(): string;
	/** Whether `close` was called. */
	get closed(): boolean;
	/** Stops what runs, closes every resource. Idempotent. Afterwards everything rejects with `Workspace is closed`. */
	close(): Promise<void>;
	[Symbol.asyncDispose](): Promise<void>;
}
/** Options of {@link patchNodeFs}. */
export interface PatchOptions {
	/** The session whose view of the mounts is shown; without it there is no restriction. */
	session?: string;
	/** The mount points to show; all that the program mounted if left out. Mounts that come later are shown too, unless this is given. */
	mounts?: readonly string[];
	/** Whether `import`, `require` and worker threads learn the mounts too; `true` if left out. On Node 20 that takes a thread of its own. */
	modules?: boolean;
}
/**
 * Shows the workspace's mounts to node:fs: `fs`, `fs.promises`, their synchronous twins, streams, descriptors and watchers, in
 * CommonJS and ES modules, whether they took hold of the functions before or after. Paths outside the mounts reach Node's
 * functions untouched. A mount at `/` is not shown: the process's own files lie there. `import` and `require` load code from the
 * mounts, and worker threads that are started meanwhile see them too.
 *
 * Patches stack: of several workspaces with the same mount point the latest is seen. The function that comes back ends this one;
 * when the last one has ended, every function is the very object it was before.
 */
export declare function patchNodeFs(ws: Workspace, options?: PatchOptions): () => void;
/**
 * A provider of `node:vfs` over the workspace: `vfs.create(toVfsProvider(ws)).mount()`, or `vfs.registerProvider`. Paths inside
 * are the workspace's. Node 26.4 or newer, started with `--experimental-vfs`; it throws where there is no `node:vfs`.
 */
export declare function toVfsProvider(ws: Workspace): object;

export {
	History$1 as History,
};

export {};
