/** `binding.readdirRecursive` of Node 26: everything below a directory, grouped by directory. */
import { asBytes, named, unpack } from './names.js'
import { onPath } from './on-path.js'
import { forward, type Req, settle } from './settle.js'
import type { Wrap } from './types.js'

const DIRECTORY = 2
const LINK = 3
const PROMISE = Symbol('promise')

/** What was found so far. The directories still to be listed are those past `counts`. */
class Listing {
  readonly #names: string[] = []
  readonly #kinds: number[] = []
  readonly #counts: number[] = []
  readonly #dirs = ['']
  readonly #base: string
  readonly #withTypes: boolean
  readonly #isDir: (path: string) => boolean

  constructor(base: string, withTypes: boolean, isDir: (path: string) => boolean) {
    this.#base = base
    this.#withTypes = withTypes
    this.#isDir = isDir
  }

  /** The next directory to list. */
  next(): string | undefined {
    const dir = this.#dirs[this.#counts.length]
    if (dir === undefined) return undefined
    return dir === '' ? this.#base : `${this.#base}/${dir}`
  }

  /** Takes the listing of that directory. */
  add(packed: string): void {
    const dir = this.#dirs[this.#counts.length] as string
    const [names, kinds] = unpack(packed, 'utf8') as [string[], number[]]
    this.#counts.push(names.length)
    names.forEach((name, i) => {
      const below = dir === '' ? name : `${dir}/${name}`
      this.#names.push(this.#withTypes ? name : below)
      this.#kinds.push(kinds[i] as number)
      // A link to a directory is followed too.
      if (kinds[i] === DIRECTORY || (kinds[i] === LINK && this.#isDir(`${this.#base}/${below}`))) this.#dirs.push(below)
    })
  }

  result(encoding: unknown): unknown {
    const as = (list: string[]): unknown[] => (asBytes(encoding) ? list.map((n) => named(n, encoding)) : list)
    if (!this.#withTypes) return as(this.#names)
    return [as(this.#names), Uint8Array.from(this.#kinds), Uint32Array.from(this.#counts), as(this.#dirs)]
  }
}

export const recursive: Wrap = onPath((door, path, shown, args) => {
  const [, encoding, withTypes, req] = args as unknown as [unknown, unknown, boolean, Req]
  const base = (typeof path === 'string' ? path : Buffer.from(path).toString('utf8')).replace(/(.)\/+$/, '$1')
  const listing = new Listing(base, withTypes, (link) => door.moduleStat(link) === 1)
  const list = (dir: string, how: Req): unknown =>
    settle(how, (id) => door.readdir(id, dir, false), 'scandir', dir === base ? shown : dir, undefined, String)
  if (req === undefined) {
    for (let dir = listing.next(); dir !== undefined; dir = listing.next()) listing.add(list(dir, undefined) as string)
    return listing.result(encoding)
  }
  const walk = async (): Promise<unknown> => {
    for (let dir = listing.next(); dir !== undefined; dir = listing.next()) listing.add((await list(dir, PROMISE)) as string)
    return listing.result(encoding)
  }
  return forward(req, walk())
})
