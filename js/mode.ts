/** Mount modes. Each includes the one before. */
export const MountMode = Object.freeze({
  /** Look and read. */
  READ: 'read',
  /** Also change. */
  WRITE: 'write',
  /** Also run interpreters on what lies there. */
  EXEC: 'exec',
} as const)

/** `'read' | 'write' | 'exec'`. */
export type MountMode = (typeof MountMode)[keyof typeof MountMode]

const ALIASES: Record<string, MountMode> = { r: 'read', rw: 'write', rwx: 'exec', read: 'read', write: 'write', exec: 'exec' }
const RANK: Record<MountMode, number> = { read: 0, write: 1, exec: 2 }

/** Parses `read`/`r`, `write`/`rw`, `exec`/`rwx`; throws on anything else. */
export function parseMountMode(text: string): MountMode {
  const mode = Object.hasOwn(ALIASES, text) ? ALIASES[text] : undefined
  if (mode === undefined) throw new Error(`invalid mount mode: '${String(text)}'`)
  return mode
}

/** The one that allows less. */
export function weakerMode(a: MountMode, b: MountMode): MountMode {
  return RANK[a] <= RANK[b] ? a : b
}
