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
  contentType: string | null,
]

const BY_EXTENSION: Record<string, string> = {
  json: 'json',
  jsonl: 'json',
  csv: 'csv',
  tsv: 'csv',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  zip: 'application/zip',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  pdf: 'application/pdf',
  parquet: 'parquet',
  orc: 'orc',
  feather: 'feather',
  arrow: 'feather',
  ipc: 'feather',
  h5: 'hdf5',
  hdf5: 'hdf5',
}
const TEXT = new Set(
  'txt md log yaml yml toml ini cfg conf xml html htm css js mjs cjs ts mts cts jsx tsx py rs go c h cc cpp hpp java rb sh bash sql'.split(
    ' ',
  ),
)

function typeOf(kind: string, name: string): string {
  if (kind === 'directory') return 'directory'
  if (kind !== 'file') return kind
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot + 1).toLowerCase() : ''
  return BY_EXTENSION[extension] ?? (extension === '' || TEXT.has(extension) ? 'text' : 'binary')
}

// Neighbours often share a time, and formatting one costs more than the rest of a stat.
let lastMs: number | null = null
let lastText: string | null = null

function iso(ms: number | null): string | null {
  if (ms !== lastMs) {
    lastText = ms === null ? null : new Date(ms).toISOString()
    lastMs = ms
  }
  return lastText
}

/** What is known of a file. Frozen. `size` is the length of what a read returns, or `null` when only a read can tell. */
export class FileStat {
  /** The last component of the path; `/` for a root. */
  readonly name: string
  /** Bytes, or `null` when not known before reading. */
  readonly size: number | null
  /** Last modification, ISO 8601. */
  readonly modified: string | null
  /** Identifies the version of the content. */
  readonly fingerprint: string | null
  /** A version that the backend can be asked for again. */
  readonly revision: string | null
  /** `directory`, `text`, `binary`, `json`, `csv`, `image/png` … */
  readonly type: string
  /** Permission bits. */
  readonly mode: number | null
  /** Owner. */
  readonly uid: number | null
  /** Group. */
  readonly gid: number | null
  /** Last access, ISO 8601. */
  readonly atime: string | null
  /** What else the backend says. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(path: string, stat: NativeStat) {
    const [kind, size, mode, uid, gid, nlink, ino, mtimeMs, atimeMs, fingerprint, revision, contentType] = stat
    this.name = path.slice(path.lastIndexOf('/') + 1) || '/'
    this.size = kind === 'directory' ? null : size
    this.modified = iso(mtimeMs)
    this.fingerprint = fingerprint
    this.revision = revision
    this.type = typeOf(kind, this.name)
    this.mode = mode
    this.uid = uid
    this.gid = gid
    this.atime = iso(atimeMs)
    this.extra = Object.freeze({ kind, nlink, ino, contentType })
    Object.freeze(this)
  }

  /** Whether this is a directory. */
  isDirectory(): boolean {
    return this.extra.kind === 'directory'
  }

  /** Whether this is a regular file. */
  isFile(): boolean {
    return this.extra.kind === 'file'
  }

  /** Whether this is a symbolic link (`lstat` only). */
  isSymbolicLink(): boolean {
    return this.extra.kind === 'symlink'
  }
}
