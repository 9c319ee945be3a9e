/** Which paths belong to mounts, as text: the question that decides whether resolution is Node's business or ours. */

/** The prefixes of the mounts that this thread sees, without a final slash. */
let prefixes: readonly string[] = []
let source: () => readonly string[] = () => prefixes

/** Sets where the prefixes come from. */
export function setPrefixes(from: () => readonly string[]): void {
  source = from
}

const under = (path: string, dir: string): boolean => path.startsWith(dir) && (path.length === dir.length || path[dir.length] === '/')

/** Whether `path` lies in a mount. */
export function owned(path: string): boolean {
  for (const prefix of source()) if (under(path, prefix)) return true
  return false
}

/** Whether `path` lies in a mount, or has one below it. */
export function touched(path: string): boolean {
  const dir = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  for (const prefix of source()) if (under(dir, prefix) || under(prefix, dir) || dir === '/') return true
  return false
}

/** Whether there is any mount at all. */
export const any = (): boolean => source().length > 0
