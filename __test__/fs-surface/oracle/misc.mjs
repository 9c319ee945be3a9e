// Directories, names in all encodings, links, temporary directories, globs, times, copying of trees, blobs, abort, promisify.
import fs from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

async function attempt(f) {
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 400, 'never')))
  try {
    const value = await Promise.race([(async () => f())(), late])
    return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? 'undefined'
  } catch (error) {
    return JSON.stringify([error.name, error.code, error.errno, error.syscall, error.path, error.dest, error.message])
  } finally {
    clearTimeout(timer)
  }
}

function tree(dir) {
  const out = []
  for (const name of fs.readdirSync(dir).sort()) {
    const path = join(dir, name)
    const stat = fs.lstatSync(path)
    const mode = (stat.mode & 0o7777).toString(8)
    if (stat.isSymbolicLink()) out.push(`${name} -> ${fs.readlinkSync(path)}`)
    else if (stat.isDirectory()) out.push(`${name}/ ${mode} [${tree(path)}]`)
    else out.push(`${name} ${mode} ${fs.readFileSync(path, 'latin1')}`)
  }
  return out.join(', ')
}

const entry = (d) => [d.name, d.isFile(), d.isDirectory(), d.isSymbolicLink(), d.parentPath ?? d.path]

async function listings(base, log) {
  const dir = join(base, 'dir')
  fs.mkdirSync(join(dir, 'sub', 'deep'), { recursive: true })
  for (const name of ['b', 'a', 'ü', '日本', 'with space', '.hidden', 'Z', '10', '9']) fs.writeFileSync(join(dir, name), name)
  fs.writeFileSync(join(dir, 'sub', 'inner'), '')
  fs.writeFileSync(join(dir, 'sub', 'deep', 'innermost'), '')
  fs.symlinkSync('a', join(dir, 'link'))
  fs.symlinkSync('sub', join(dir, 'dirlink'))
  fs.writeFileSync(Buffer.concat([Buffer.from(`${dir}/bad-`), Buffer.from([0xff, 0xfe])]), 'x')
  for (const encoding of [undefined, 'utf8', 'buffer', 'latin1', 'hex', 'base64']) {
    for (const withFileTypes of [false, true]) {
      // Node joins names that are no text into paths, and throws where nobody can catch it.
      for (const recursive of encoding === undefined || encoding === 'utf8' ? [false, true] : [false]) {
        const options = { encoding, withFileTypes, recursive }
        const show = (list) =>
          list
            .map((e) => (withFileTypes ? entry(e) : e))
            .map((e) => JSON.stringify(e))
            .sort()
        log(`readdirSync ${JSON.stringify(options)}`, await attempt(() => show(fs.readdirSync(dir, options))))
        log(`readdir ${JSON.stringify(options)}`, await attempt(async () => show(await promisify(fs.readdir)(dir, options))))
        log(`promises.readdir ${JSON.stringify(options)}`, await attempt(async () => show(await fs.promises.readdir(dir, options))))
        log(
          `opendir ${JSON.stringify(options)}`,
          await attempt(async () => {
            const found = []
            for await (const d of await fs.promises.opendir(dir, { encoding, recursive })) found.push(JSON.stringify(entry(d)))
            return found.sort()
          }),
        )
        log(
          `opendirSync ${JSON.stringify(options)}`,
          await attempt(() => {
            const d = fs.opendirSync(dir, { encoding, recursive, bufferSize: 2 })
            const found = []
            for (let e = d.readSync(); e !== null; e = d.readSync()) found.push(JSON.stringify(entry(e)))
            d.closeSync()
            return found.sort()
          }),
        )
      }
    }
  }
  for (const options of [{ encoding: 'nope' }, 'nope', { bufferSize: 0 }, { bufferSize: 'x' }, { bufferSize: -1 }, 5, { recursive: 5 }]) {
    log(`opendir options ${JSON.stringify(options)}`, await attempt(() => void fs.opendirSync(dir, options).closeSync()))
    // Node throws this one out of a callback, where nobody can catch it.
    if (typeof options === 'object' && 'bufferSize' in options) continue
    log(
      `promises.opendir options ${JSON.stringify(options)}`,
      await attempt(async () => void (await (await fs.promises.opendir(dir, options)).close())),
    )
  }
  const opened = fs.opendirSync(dir)
  log('dir path', opened.path === dir)
  log(
    'dir read by callback',
    await attempt(() => new Promise((resolve, reject) => opened.read((e, d) => (e ? reject(e) : resolve(typeof d.name))))),
  )
  log('dir read by promise', await attempt(async () => typeof (await opened.read()).name))
  await opened.close()
  log('dir closed twice', await attempt(() => opened.close()))
  log('dir read after close', await attempt(() => opened.readSync()))
  for (const pattern of ['**', '*', '**/*.txt', 'sub/**', '{a,b}', '?', '[a-b]', '**/inner*', 'nope/*', 'link', 'dirlink/*']) {
    if (fs.globSync === undefined) break
    log(`globSync ${pattern}`, await attempt(() => fs.globSync(pattern, { cwd: dir }).sort()))
    log(`glob ${pattern}`, await attempt(async () => (await promisify(fs.glob)(pattern, { cwd: dir })).sort()))
    log(`glob absolute ${pattern}`, await attempt(() => fs.globSync(join(dir, pattern)).sort()))
  }
}

async function names(base, log) {
  const file = join(base, 'named')
  fs.writeFileSync(file, 'content')
  fs.symlinkSync('named', join(base, 'to-named'))
  const forms = {
    url: pathToFileURL(file),
    bytes: Buffer.from(file),
    relative: relative(process.cwd(), file),
    dots: join(base, '.').concat('/x/../named'),
    double: `${base}//named`,
  }
  for (const [form, path] of Object.entries(forms)) {
    for (const f of [
      'readFileSync',
      'statSync',
      'lstatSync',
      'existsSync',
      'realpathSync',
      'accessSync',
      'openSync',
      'truncateSync',
      'utimesSync',
    ]) {
      const args = { truncateSync: [7], utimesSync: [1, 1], readFileSync: ['utf8'] }[f] ?? []
      log(
        `${f} ${form}`,
        await attempt(() => {
          const out = fs[f](path, ...args)
          if (f === 'openSync') return void fs.closeSync(out)
          return out instanceof fs.Stats ? out.size : out
        }),
      )
    }
  }
  for (const encoding of [undefined, 'utf8', 'buffer', 'hex', 'latin1']) {
    log(`readlink ${encoding}`, await attempt(() => fs.readlinkSync(join(base, 'to-named'), encoding)))
    log(
      `realpath ${encoding}`,
      await attempt(() => String(fs.realpathSync(join(base, 'to-named'), encoding)) === String(fs.realpathSync(file, encoding))),
    )
    log(
      `realpath native ${encoding}`,
      await attempt(() =>
        Buffer.from(fs.realpathSync.native(join(base, 'to-named'), encoding), encoding === 'buffer' ? undefined : encoding).toString(),
      ),
    )
    log(
      `promises.realpath ${encoding}`,
      await attempt(async () =>
        Buffer.from(await fs.promises.realpath(join(base, 'to-named'), encoding), encoding === 'buffer' ? undefined : encoding).toString(),
      ),
    )
    log(`mkdtemp ${encoding}`, await attempt(() => typeof fs.mkdtempSync(join(base, 't-'), encoding)))
    log(`promises.mkdtemp ${encoding}`, await attempt(async () => typeof (await fs.promises.mkdtemp(join(base, 't-'), encoding))))
  }
  log('mkdtemp below nothing', (await attempt(() => fs.mkdtempSync(join(base, 'none', 'x-')))).replace(/x-\w{6}/g, 'x-??????'))
  log('mkdtemp mode', (fs.statSync(fs.mkdtempSync(join(base, 'm-'))).mode & 0o777).toString(8))
  for (const bad of [1.5, null, undefined, {}, [], true, 'a\0b', Buffer.from('a\0b'), new URL('http://x/y'), Symbol('s')]) {
    for (const f of ['readFileSync', 'statSync', 'opendirSync', 'existsSync', 'watchFile', 'openAsBlob', 'cpSync', 'watch'])
      log(`${f} of ${String(bad)}`, await attempt(() => fs[f](bad, f === 'cpSync' ? join(base, 'x') : undefined)))
  }
  for (const f of ['readFile', 'writeFile', 'opendir', 'cp', 'stat', 'watchFile', 'unwatchFile']) {
    log(`${f} without a callback`, await attempt(() => fs[f](file, f === 'cp' ? join(base, 'y') : 'utf8')))
    log(`${f} with a bad callback`, await attempt(() => fs[f](file, f === 'cp' || f === 'writeFile' ? 'x' : {}, 'no function')))
  }
  for (const options of [
    'nope',
    { encoding: 'nope' },
    5,
    true,
    { flag: 'nope' },
    { flag: 5.5 },
    { signal: 'x' },
    { mode: 'x' },
    { mode: -1 },
    { flush: 'x' },
    null,
    {},
  ]) {
    for (const f of ['readFileSync', 'writeFileSync', 'appendFileSync'])
      log(
        `${f} options ${JSON.stringify(options)}`,
        await attempt(() => void (f === 'readFileSync' ? fs[f](file, options) : fs[f](file, 'content', options))),
      )
    for (const f of ['readFile', 'writeFile', 'appendFile']) {
      const args = f === 'readFile' ? [file, options] : [file, 'content', options]
      log(
        `${f} options ${JSON.stringify(options)}`,
        await attempt(() => new Promise((resolve, reject) => fs[f](...args, (e) => (e ? reject(e) : resolve('done'))))),
      )
      log(`promises.${f} options ${JSON.stringify(options)}`, await attempt(async () => void (await fs.promises[f](...args))))
    }
  }
  for (const data of [
    5,
    null,
    undefined,
    {},
    { toString: () => 'x' },
    true,
    ['a'],
    new Uint16Array([0x6161]),
    new DataView(new ArrayBuffer(2)),
    new ArrayBuffer(2),
    Symbol('s'),
  ]) {
    const text = Object.prototype.toString.call(data)
    for (const f of ['writeFileSync', 'appendFileSync'])
      log(`${f} data ${text} ${String(data)}`, await attempt(() => void fs[f](join(base, 'data'), data)))
    for (const f of ['writeFile', 'appendFile']) {
      log(
        `${f} data ${text} ${String(data)}`,
        await attempt(() => new Promise((resolve, reject) => fs[f](join(base, 'data'), data, (e) => (e ? reject(e) : resolve('done'))))),
      )
      log(`promises.${f} data ${text} ${String(data)}`, await attempt(async () => void (await fs.promises[f](join(base, 'data'), data))))
    }
  }
}

async function attributes(base, log) {
  const file = join(base, 'attr')
  fs.writeFileSync(file, 'x'.repeat(5000))
  const stat = fs.statSync(file)
  log('stat keys', Object.keys(stat))
  log('stat values', [
    stat.size,
    stat.mode,
    stat.nlink,
    stat.uid,
    stat.gid,
    stat.blksize,
    stat.blocks,
    stat.rdev,
    stat.isFile(),
    stat.isFIFO(),
    stat.mtime instanceof Date,
  ])
  log('bigint keys', Object.keys(fs.statSync(file, { bigint: true })))
  log('directory', [fs.statSync(base).isDirectory(), fs.statSync(base).nlink >= 2])
  log('same file', [fs.statSync(file).ino === fs.lstatSync(file).ino, fs.statSync(file).dev === fs.statSync(base).dev])
  for (const [a, m] of [
    [1, 2],
    [1.234567, 2.345678],
    [0, 0],
    [-1, -2.5],
    [new Date(5), new Date('2020-01-01')],
    ['10', '20'],
    [4294967296.5, 1e10],
    [NaN, 1],
    [Infinity, 1],
    ['x', 1],
    [undefined, 1],
  ]) {
    for (const f of ['utimesSync', 'lutimesSync'])
      log(
        `${f} ${String(a)} ${String(m)}`,
        await attempt(() => {
          fs[f](file, a, m)
          const s = fs.statSync(file, { bigint: true })
          const near = (n) => (n > 1_700_000_000_000_000_000n && n < 4_000_000_000_000_000_000n ? 'now' : n)
          return [near(s.atimeNs), near(s.mtimeNs)]
        }),
      )
  }
  for (const mode of [0o600, 0o7777, 0, '755', 0o100644, 'x', -1, 1.5, 2 ** 32, null]) {
    log(`chmod ${String(mode)}`, await attempt(() => (fs.chmodSync(file, mode), fs.statSync(file).mode.toString(8))))
  }
  for (const ids of [
    [0, 0],
    [5, 6],
    [-1, 7],
    [-1, -1],
    [2 ** 32 - 1, 3],
    [2 ** 32, 0],
    ['x', 0],
  ]) {
    log(`chown ${ids}`, await attempt(() => (fs.chownSync(file, ...ids), [fs.statSync(file).uid, fs.statSync(file).gid])))
  }
  for (const mask of [0, 0o022, 0o077, 0o777]) {
    const before = process.umask(mask)
    fs.writeFileSync(join(base, `u${mask}`), '')
    fs.writeFileSync(join(base, `v${mask}`), '', { mode: 0o777 })
    fs.mkdirSync(join(base, `d${mask}`))
    fs.mkdirSync(join(base, `e${mask}`), 0o751)
    await fs.promises.writeFile(join(base, `p${mask}`), '')
    await new Promise((resolve) => fs.writeFile(join(base, `c${mask}`), '', resolve))
    process.umask(before)
    log(
      `umask ${mask}`,
      ['u', 'v', 'd', 'e', 'p', 'c'].map((n) => fs.statSync(join(base, n + mask)).mode.toString(8)),
    )
  }
  for (const size of [0, 3, 6000, -5, 1.5, 'x', null, undefined, 2 ** 40]) {
    fs.writeFileSync(join(base, 'cut'), 'abcdef')
    log(`truncate ${String(size)}`, await attempt(() => (fs.truncateSync(join(base, 'cut'), size), fs.statSync(join(base, 'cut')).size)))
    log(
      `promises.truncate ${String(size)}`,
      await attempt(async () => (await fs.promises.truncate(join(base, 'cut'), size), fs.statSync(join(base, 'cut')).size)),
    )
  }
  fs.writeFileSync(join(base, 'one'), '1')
  fs.linkSync(join(base, 'one'), join(base, 'two'))
  fs.appendFileSync(join(base, 'two'), '2')
  log('hard link', [
    fs.readFileSync(join(base, 'one'), 'utf8'),
    fs.statSync(join(base, 'one')).nlink,
    fs.statSync(join(base, 'one')).ino === fs.statSync(join(base, 'two')).ino,
  ])
  log('statfs', Object.keys(fs.statfsSync(base)))
  log('statfs bigint', typeof fs.statfsSync(base, { bigint: true }).bsize)
  fs.writeFileSync(join(base, 'src'), 'x', { mode: 0o754 })
  fs.copyFileSync(join(base, 'src'), join(base, 'dst'))
  log('copied mode', fs.statSync(join(base, 'dst')).mode.toString(8))
  fs.chmodSync(join(base, 'dst'), 0o600)
  fs.copyFileSync(join(base, 'src'), join(base, 'dst'))
  log('copied mode over', fs.statSync(join(base, 'dst')).mode.toString(8))
  for (const mode of [fs.constants.COPYFILE_FICLONE, fs.constants.COPYFILE_EXCL, 8, -1, 'x'])
    log(`copyFile ${mode}`, await attempt(() => fs.copyFileSync(join(base, 'src'), join(base, 'dst'), mode)))
}

async function copies(base, log) {
  const from = join(base, 'from')
  fs.mkdirSync(join(from, 'sub'), { recursive: true })
  fs.writeFileSync(join(from, 'file'), 'f', { mode: 0o640 })
  fs.writeFileSync(join(from, 'sub', 'inner'), 'i')
  fs.symlinkSync('file', join(from, 'link'))
  fs.symlinkSync(join(from, 'sub'), join(from, 'absolute'))
  fs.utimesSync(join(from, 'file'), 100, 200)
  const options = [
    { recursive: true },
    { recursive: true, dereference: true },
    { recursive: true, verbatimSymlinks: true },
    { recursive: true, preserveTimestamps: true },
    { recursive: true, filter: (src) => !src.endsWith('inner') },
    { recursive: true, force: false },
    { recursive: true, errorOnExist: true, force: false },
    { recursive: true, mode: fs.constants.COPYFILE_EXCL },
    { recursive: 'x' },
    { mode: -1 },
    { filter: 5 },
    { dereference: true, verbatimSymlinks: true },
    5,
  ]
  for (const option of options) {
    for (const [form, call] of Object.entries({
      cpSync: (a, b) => fs.cpSync(a, b, option),
      cp: (a, b) => promisify(fs.cp)(a, b, option),
      'promises.cp': (a, b) => fs.promises.cp(a, b, option),
    })) {
      const to = join(base, 'to')
      const name = `${form} ${JSON.stringify(option, (_, v) => (typeof v === 'function' ? 'f' : v))}`
      log(name, await attempt(() => call(from, to)))
      if (fs.existsSync(to)) log(`${name} tree`, [tree(to), fs.statSync(join(to, 'file'), { throwIfNoEntry: false })?.mtimeMs === 200_000])
      log(`${name} again`, await attempt(() => call(from, to)))
      log(`${name} file`, await attempt(() => call(join(from, 'file'), join(to, 'new', 'file'))))
      log(`${name} into itself`, await attempt(() => call(from, join(from, 'sub', 'x'))))
      fs.rmSync(to, { recursive: true, force: true })
      fs.rmSync(join(from, 'sub', 'x'), { recursive: true, force: true })
    }
  }
}

async function aborts(base, log) {
  const file = join(base, 'abort')
  fs.writeFileSync(file, 'x'.repeat(100_000))
  const shape = (error) => [error.name, error.code, error.message, error.cause?.name]
  for (const [form, call] of Object.entries({
    'promises.readFile': (signal) => fs.promises.readFile(file, { signal }).then((b) => b.length),
    readFile: (signal) => promisify(fs.readFile)(file, { signal }).then((b) => b.length),
    'promises.writeFile': (signal) => fs.promises.writeFile(file, 'y'.repeat(100_000), { signal }),
    writeFile: (signal) => promisify(fs.writeFile)(file, 'y'.repeat(100_000), { signal }),
    'promises.appendFile': (signal) => fs.promises.appendFile(file, 'y', { signal }),
  })) {
    log(`${form} aborted before`, await call(AbortSignal.abort()).then(String, (e) => JSON.stringify(shape(e))))
    const later = new AbortController()
    process.nextTick(() => later.abort())
    log(`${form} aborted at once`, await call(later.signal).then(String, (e) => JSON.stringify(shape(e))))
    log(`${form} not aborted`, await call(new AbortController().signal).then(String, (e) => JSON.stringify(shape(e))))
  }
  log('blob', await attempt(async () => (await (await fs.openAsBlob(file, { type: 'text/plain' })).text()).length))
  log('blob type', await attempt(async () => (await fs.openAsBlob(file, { type: 'text/plain' })).type))
  log('blob slice', await attempt(async () => (await (await fs.openAsBlob(file)).slice(2, 5).text()).length))
  log('blob options', await attempt(() => fs.openAsBlob(file, { type: 5 })))
  log('blob of nothing', await attempt(async () => (await fs.openAsBlob(join(base, 'none'))).size))
  log('promisified exists', await attempt(() => promisify(fs.exists)(file)))
  log(
    'promisified read',
    await attempt(async () => {
      const fd = fs.openSync(file)
      const out = await promisify(fs.read)(fd, Buffer.alloc(3), 0, 3, 0)
      fs.closeSync(fd)
      return Object.keys(out)
    }),
  )
  if (fs.promises.mkdtempDisposable !== undefined) {
    const made = await fs.promises.mkdtempDisposable(join(base, 'disposable-'))
    fs.writeFileSync(join(made.path, 'x'), '')
    await made.remove()
    log('disposable', fs.existsSync(made.path))
    const sync = fs.mkdtempDisposableSync(join(base, 'disposable-'))
    sync.remove()
    log('disposable sync', fs.existsSync(sync.path))
  }
  const order = []
  fs.stat(file, () => order.push('callback'))
  process.nextTick(() => order.push('tick'))
  queueMicrotask(() => order.push('microtask'))
  order.push('sync')
  await new Promise((resolve) => setTimeout(resolve, 20))
  log('callbacks come later', order)
}

export default async function (base, log) {
  for (const [name, part] of Object.entries({ listings, names, attributes, copies, aborts })) {
    const dir = join(base, name)
    fs.mkdirSync(dir)
    await part(dir, (what, value) =>
      log(`${name}: ${what}`, typeof value === 'string' ? value.replaceAll(dir, '<dir>') : JSON.stringify(value).replaceAll(dir, '<dir>')),
    )
  }
}
