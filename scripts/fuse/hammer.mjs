// One process of the stress test: node hammer.mjs DIR ID SECONDS. Works on the tree below DIR together with others like it, and
// knows at any time what must be in it. Prints what it did as JSON; the first thing that is not as it must be ends it with 1.
//   pool/   files that appear by rename, complete; everybody reads, replaces and removes them. Each says what it must hold.
//   own/ID/ files that only this process writes, at random places; compared with copies in memory.
//   log     records that everybody appends; none may be lost or torn (the parent counts).
import * as fs from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Length of a record of the log. */
export const RECORD = 64

/** The record `n` of process `id`. */
export const record = (id, n) => `${`${id} ${n} `.padEnd(RECORD - 1, '.')}\n`

/** What a file of the pool holds: a line with digest and length of the rest. */
export function sealed(body) {
  return Buffer.concat([Buffer.from(`${createHash('sha1').update(body).digest('hex')} ${body.length}\n`), body])
}

/** Why `data` is not what {@link sealed} made; `undefined` when it is. */
export function broken(data) {
  const end = data.indexOf(10)
  const [digest, length] = data.subarray(0, end).toString('latin1').split(' ')
  const body = data.subarray(end + 1)
  if (Number(length) !== body.length) return `${body.length} bytes, not ${length}`
  if (createHash('sha1').update(body).digest('hex') !== digest) return `a wrong byte among ${length}`
  return undefined
}

function main(dir, id, seconds) {
  let state = (id + 1) * 2654435761
  const random = (n) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
  const bytes = (n) => {
    const b = Buffer.allocUnsafe(n)
    for (let i = 0; i < n; i++) b[i] = state >>> (i & 7)
    if (n > 4) b.writeUInt32LE(random(2 ** 32 - 1), random(n - 4))
    return b
  }
  const pool = (k) => join(dir, 'pool', `sub${k % 4}`, `f${k}`)
  const own = join(dir, 'own', String(id))
  const models = new Map()
  const did = {}
  let appended = 0
  let temporary = 0

  /** Runs `f`; an error that the others' work explains is no error. */
  const allow = (codes, f) => {
    try {
      return f()
    } catch (error) {
      if (!codes.includes(error.code)) throw error
      return undefined
    }
  }
  const fail = (what) => {
    throw new Error(what)
  }
  const write = (fd, data) => {
    let n = 0
    while (n < data.length) n += fs.writeSync(fd, data, n)
  }

  const steps = {
    publish() {
      const name = join(own, `tmp${temporary++}`)
      const fd = fs.openSync(name, 'wx')
      write(fd, sealed(bytes(random(60_000))))
      if (random(8) === 0) fs.fsyncSync(fd)
      fs.closeSync(fd)
      fs.renameSync(name, pool(random(40)))
    },
    check() {
      const name = pool(random(40))
      const data = allow(['ENOENT'], () => fs.readFileSync(name))
      const why = data === undefined ? undefined : broken(data)
      if (why !== undefined) fail(`${name}: ${why}`)
    },
    remove() {
      allow(['ENOENT'], () => fs.unlinkSync(pool(random(40))))
    },
    hold() {
      // A file that is open stays what it is, whoever replaces or removes its name.
      const name = pool(random(40))
      const fd = allow(['ENOENT'], () => fs.openSync(name, 'r'))
      if (fd === undefined) return
      const first = fs.readFileSync(fd)
      allow(['ENOENT'], () => fs.unlinkSync(name))
      const again = Buffer.alloc(fs.fstatSync(fd).size)
      let n = 0
      for (let k = 1; n < again.length && k > 0; n += k) k = fs.readSync(fd, again, n, again.length - n, n)
      fs.closeSync(fd)
      if (!first.equals(again)) fail(`${name}: another content through the same descriptor`)
    },
    append() {
      const fd = fs.openSync(join(dir, 'log'), 'a')
      fs.writeSync(fd, record(id, appended))
      fs.closeSync(fd)
      appended++
    },
    edit() {
      const k = random(6)
      const name = join(own, `file${k}`)
      let model = models.get(k) ?? Buffer.alloc(0)
      const fd = fs.openSync(name, fs.constants.O_RDWR | fs.constants.O_CREAT)
      const what = random(10)
      if (what === 0) {
        const size = random(200_000)
        fs.ftruncateSync(fd, size)
        model = Buffer.concat([model.subarray(0, size), Buffer.alloc(Math.max(0, size - model.length))])
      } else {
        const data = bytes(1 + random(20_000))
        const at = random(180_000)
        let n = 0
        while (n < data.length) n += fs.writeSync(fd, data, n, data.length - n, at + n)
        if (at + data.length > model.length) model = Buffer.concat([model, Buffer.alloc(at + data.length - model.length)])
        data.copy(model, at)
      }
      if (what === 1) fs.fsyncSync(fd)
      fs.closeSync(fd)
      models.set(k, model)
    },
    compare() {
      const k = random(6)
      const model = models.get(k)
      if (model === undefined) return
      const name = join(own, `file${k}`)
      const size = fs.statSync(name).size
      if (size !== model.length) fail(`${name}: size ${size}, not ${model.length}`)
      if (!fs.readFileSync(name).equals(model)) fail(`${name}: wrong content`)
    },
    list() {
      const sub = join(dir, 'pool', `sub${random(4)}`)
      for (const entry of fs.readdirSync(sub, { withFileTypes: true })) {
        if (!/^f\d+$/.test(entry.name) || !entry.isFile()) fail(`${sub}: a foreign entry '${entry.name}'`)
      }
      const mine = fs.readdirSync(own).filter((n) => n.startsWith('file')).length
      if (mine !== models.size) fail(`${own}: ${mine} files, not ${models.size}`)
    },
    directories() {
      const path = join(own, 'a', 'b', 'c')
      fs.mkdirSync(path, { recursive: true })
      fs.symlinkSync('../..', join(path, 'up'))
      fs.writeFileSync(join(path, 'x'), 'x')
      fs.linkSync(join(path, 'x'), join(path, 'y'))
      if (fs.statSync(join(path, 'up', 'b', 'c', 'y')).nlink !== 2) fail(`${path}/y: not two names`)
      fs.renameSync(join(own, 'a'), join(own, 'z'))
      if (fs.existsSync(path)) fail(`${path} is still there`)
      fs.rmSync(join(own, 'z'), { recursive: true })
    },
  }
  const often = { publish: 6, check: 8, remove: 1, hold: 1, append: 4, edit: 6, compare: 3, list: 1, directories: 1 }
  const wheel = Object.entries(often).flatMap(([name, n]) => Array(n).fill(name))
  fs.mkdirSync(own, { recursive: true })
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    const name = wheel[random(wheel.length)]
    steps[name]()
    did[name] = (did[name] ?? 0) + 1
  }
  for (const [k, model] of models) {
    if (!fs.readFileSync(join(own, `file${k}`)).equals(model)) fail(`${own}/file${k}: wrong content at the end`)
  }
  console.log(JSON.stringify({ appended, did }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2], Number(process.argv[3]), Number(process.argv[4]))
