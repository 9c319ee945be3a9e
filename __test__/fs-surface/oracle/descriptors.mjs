// Descriptors and FileHandles: positions, flags, vectors, encodings, truncation, times, what happens after close.
import fs from 'node:fs'
import { join } from 'node:path'

const FLAGS = ['r', 'r+', 'rs', 'rs+', 'w', 'w+', 'wx', 'a', 'a+', 'ax']

const message = (error, dir) => `${error.name} ${error.code} ${error.syscall} ${error.message}`.replaceAll(dir, '<dir>')

/** What never ends must not end the process either. */
function limited(promise) {
  let timer
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 400, 'never')))
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

async function attempt(f) {
  try {
    const value = await limited((async () => f())())
    if (Buffer.isBuffer(value)) return `bytes ${value.toString('latin1')}`
    if (value instanceof fs.Stats) return `size ${value.size} mode ${value.mode.toString(8)} times ${value.mtimeMs >= 0}`
    if (typeof value === 'bigint') return `${value}n`
    return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) ?? 'undefined'
  } catch (error) {
    return message(error, attempt.dir)
  }
}

const cb = (name, ...args) =>
  new Promise((resolve, reject) => fs[name](...args, (error, ...rest) => (error ? reject(error) : resolve(rest))))

/** Operations on an open descriptor, one after the other. */
function operations() {
  const b = (n) => Buffer.alloc(n, '.')
  return {
    'read all': (fd) => [fs.readSync(fd, b(20)), fs.readSync(fd, b(20))],
    'read part': (fd) => {
      const buffer = b(6)
      return [fs.readSync(fd, buffer, 1, 3, 2), buffer.toString()]
    },
    'read at current': (fd) => {
      const buffer = b(3)
      fs.readSync(fd, buffer, 0, 3, null)
      const first = buffer.toString()
      fs.readSync(fd, buffer, 0, 3, null)
      return [first, buffer.toString()]
    },
    'read does not move with a position': (fd) => {
      const buffer = b(3)
      fs.readSync(fd, buffer, 0, 3, 4)
      fs.readSync(fd, buffer, 0, 3, null)
      return buffer.toString()
    },
    'read with options': (fd) => fs.readSync(fd, b(4), { position: 1, length: 2 }),
    'read bigint position': (fd) => fs.readSync(fd, b(4), 0, 4, 5n),
    'read past the end': (fd) => fs.readSync(fd, b(4), 0, 4, 1000),
    'read into a view': (fd) => {
      const view = new DataView(new ArrayBuffer(4))
      return [fs.readSync(fd, view, 0, 4, 0), view.getUint8(0)]
    },
    'read into 16-bit': (fd) => {
      const view = new Uint16Array(4)
      return [fs.readSync(fd, view, 0, 4, 0), view[0]]
    },
    'read nothing': (fd) => fs.readSync(fd, b(4), 0, 0, 0),
    'read too much': (fd) => fs.readSync(fd, b(4), 2, 4, 0),
    'read bad offset': (fd) => fs.readSync(fd, b(4), 5, 1, 0),
    'read negative': (fd) => fs.readSync(fd, b(4), 0, 4, -5),
    'read bad position': (fd) => fs.readSync(fd, b(4), 0, 4, 'x'),
    'read empty buffer': (fd) => fs.readSync(fd, Buffer.alloc(0)),
    readv: (fd) => {
      const [x, y, z] = [b(2), b(3), b(40)]
      return [fs.readvSync(fd, [x, y, z], 1), x.toString(), y.toString(), z.toString().replaceAll('.', '')]
    },
    'readv current': (fd) => [fs.readvSync(fd, [b(2), b(3)]), fs.readvSync(fd, [b(2)])],
    'readv nothing': (fd) => fs.readvSync(fd, []),
    'readFile of a descriptor': (fd) => fs.readFileSync(fd, 'utf8'),
    'readFile twice': (fd) => [fs.readFileSync(fd, 'latin1'), fs.readFileSync(fd, 'latin1')],
    'readFile after read': (fd) => {
      fs.readSync(fd, b(2))
      return fs.readFileSync(fd).toString()
    },
    'write text': (fd) => fs.writeSync(fd, 'text'),
    'write text at': (fd) => fs.writeSync(fd, 'text', 2),
    'write encoded': (fd) => fs.writeSync(fd, '74657874', null, 'hex'),
    'write beyond BMP': (fd) => fs.writeSync(fd, 'ä😀'),
    'write bytes': (fd) => fs.writeSync(fd, Buffer.from('bytes'), 1, 3, 4),
    'write options': (fd) => fs.writeSync(fd, Buffer.from('bytes'), { offset: 2, position: 1 }),
    'write null position': (fd) => [fs.writeSync(fd, Buffer.from('x'), 0, 1, null), fs.writeSync(fd, 'yz')],
    'write past the end': (fd) => fs.writeSync(fd, 'z', 20),
    'write nothing': (fd) => [fs.writeSync(fd, ''), fs.writeSync(fd, Buffer.alloc(0))],
    'write bad length': (fd) => fs.writeSync(fd, Buffer.from('x'), 0, 5),
    'write an object': (fd) => fs.writeSync(fd, { toString: () => 'no' }),
    'write a number': (fd) => fs.writeSync(fd, 5),
    writev: (fd) => fs.writevSync(fd, [Buffer.from('a'), new Uint8Array([98]), Buffer.from('c')]),
    'writev at': (fd) => fs.writevSync(fd, [Buffer.from('a'), Buffer.from('b')], 3),
    'writev nothing': (fd) => fs.writevSync(fd, []),
    'writeFile to a descriptor': (fd) => fs.writeFileSync(fd, 'whole'),
    'writeFile bytes to a descriptor': (fd) => fs.writeFileSync(fd, Buffer.from('whole')),
    'appendFile to a descriptor': (fd) => fs.appendFileSync(fd, 'added'),
    'write then read': (fd) => {
      fs.writeSync(fd, 'AB')
      return fs.readSync(fd, b(4))
    },
    truncate: (fd) => fs.ftruncateSync(fd),
    'truncate to': (fd) => fs.ftruncateSync(fd, 3),
    'truncate longer': (fd) => fs.ftruncateSync(fd, 15),
    'truncate negative': (fd) => fs.ftruncateSync(fd, -3),
    'truncate odd': (fd) => fs.ftruncateSync(fd, 2.5),
    'truncate then write': (fd) => {
      fs.writeSync(fd, 'abcdef')
      fs.ftruncateSync(fd, 2)
      return fs.writeSync(fd, 'Z')
    },
    stat: (fd) => fs.fstatSync(fd),
    'stat bigint': (fd) => fs.fstatSync(fd, { bigint: true }).size,
    chmod: (fd) => {
      fs.fchmodSync(fd, 0o604)
      return fs.fstatSync(fd)
    },
    chown: (fd) => fs.fchownSync(fd, 0, 0),
    utimes: (fd) => {
      fs.futimesSync(fd, 1.5, new Date(2500))
      const { atimeMs, mtimeMs } = fs.fstatSync(fd)
      return [atimeMs, mtimeMs]
    },
    sync: (fd) => [fs.fsyncSync(fd), fs.fdatasyncSync(fd)],
    'close twice': (fd) => {
      fs.closeSync(fd)
      fs.closeSync(fd)
    },
    'use after close': (fd) => {
      fs.closeSync(fd)
      return fs.readSync(fd, b(1))
    },
    'write after close': (fd) => {
      fs.closeSync(fd)
      return fs.writeSync(fd, 'x')
    },
    'stat after close': (fd) => {
      fs.closeSync(fd)
      return fs.fstatSync(fd)
    },
    'truncate after close': (fd) => {
      fs.closeSync(fd)
      return fs.ftruncateSync(fd, 1)
    },
    'readFile after close': (fd) => {
      fs.closeSync(fd)
      return fs.readFileSync(fd)
    },
    'readFile utf8 after close': (fd) => {
      fs.closeSync(fd)
      return fs.readFileSync(fd, 'utf8')
    },
    'callback read': async (fd) => (await cb('read', fd, b(5), 0, 5, 1)).map(String),
    'callback read, no buffer': async (fd) => (await cb('read', fd))[0],
    'callback readv': async (fd) => (await cb('readv', fd, [b(2), b(2)]))[0],
    'callback write': async (fd) => (await cb('write', fd, 'callback'))[0],
    'callback write bytes': async (fd) => (await cb('write', fd, Buffer.from('bytes'), 1, 2, 3))[0],
    'callback writev': async (fd) => (await cb('writev', fd, [Buffer.from('a'), Buffer.from('b')]))[0],
    'callback fstat': async (fd) => (await cb('fstat', fd))[0],
    'callback ftruncate': (fd) => cb('ftruncate', fd, 1),
    'callback fsync': (fd) => cb('fsync', fd),
    'callback futimes': (fd) => cb('futimes', fd, 5, 6),
    'callback readFile': async (fd) => (await cb('readFile', fd, 'utf8'))[0],
    'callback writeFile': (fd) => cb('writeFile', fd, 'by callback'),
    'callback appendFile': (fd) => cb('appendFile', fd, 'by callback'),
    'callback close': async (fd) => {
      await cb('close', fd)
      return cb('fstat', fd)
    },
    'parallel writes': async (fd) => {
      await Promise.all([cb('write', fd, 'one'), cb('write', fd, 'one'), cb('write', fd, 'one')])
      return fs.fstatSync(fd).size
    },
    'readable with fd': async (fd) => {
      let text = ''
      for await (const chunk of fs.createReadStream('', { fd, start: 2, end: 4, autoClose: false, encoding: 'utf8' })) text += chunk
      return text
    },
    'writable with fd': async (fd) => {
      const out = fs.createWriteStream('', { fd, autoClose: false })
      out.end('streamed')
      await new Promise((resolve, reject) => out.on('finish', resolve).on('error', reject))
    },
  }
}

const HANDLE = {
  read: async (h) => (await h.read(Buffer.alloc(4), 0, 4, 2)).buffer,
  'read, options': async (h) => (await h.read({ buffer: Buffer.alloc(4), position: 1 })).bytesRead,
  'read default buffer': async (h) => (await h.read()).bytesRead,
  readv: async (h) => (await h.readv([Buffer.alloc(2), Buffer.alloc(3)], 1)).bytesRead,
  readFile: (h) => h.readFile(),
  'readFile utf8': (h) => h.readFile('utf8'),
  'readFile after read': async (h) => {
    await h.read(Buffer.alloc(2), 0, 2)
    return h.readFile('utf8')
  },
  write: async (h) => (await h.write('text')).bytesWritten,
  'write at': async (h) => (await h.write('text', 3)).bytesWritten,
  'write bytes': async (h) => (await h.write(Buffer.from('bytes'), 1, 2, 0)).bytesWritten,
  'write options': async (h) => (await h.write(Buffer.from('bytes'), { offset: 1 })).bytesWritten,
  writev: async (h) => (await h.writev([Buffer.from('a'), Buffer.from('bc')])).bytesWritten,
  writeFile: (h) => h.writeFile('whole'),
  'writeFile twice': async (h) => {
    await h.writeFile('one')
    await h.writeFile('two')
  },
  'writeFile iterable': (h) => h.writeFile(['a', 'b', 'c']),
  'writeFile async iterable': (h) =>
    h.writeFile(
      (async function* () {
        yield 'x'
        yield Buffer.from('y')
      })(),
    ),
  appendFile: (h) => h.appendFile('more'),
  stat: (h) => h.stat(),
  'stat bigint': async (h) => (await h.stat({ bigint: true })).size,
  truncate: (h) => h.truncate(3),
  'truncate default': (h) => h.truncate(),
  'truncate longer': (h) => h.truncate(12),
  chmod: (h) => h.chmod(0o640),
  chown: (h) => h.chown(0, 0),
  utimes: async (h) => {
    await h.utimes(3, 4)
    return (await h.stat()).mtimeMs
  },
  sync: async (h) => [await h.sync(), await h.datasync()],
  readLines: async (h) => {
    const lines = []
    for await (const line of h.readLines()) lines.push(line)
    return lines
  },
  createReadStream: async (h) => {
    let text = ''
    for await (const chunk of h.createReadStream({ start: 1, encoding: 'utf8', highWaterMark: 3 })) text += `[${chunk}]`
    return text
  },
  createWriteStream: async (h) => {
    const out = h.createWriteStream()
    out.write('ab')
    out.end('cd')
    await new Promise((resolve, reject) => out.on('close', resolve).on('error', reject))
  },
  readableWebStream: async (h) => {
    let n = 0
    for await (const chunk of h.readableWebStream({ type: 'bytes' })) n += chunk.byteLength
    return n
  },
  'close event': async (h) => {
    let closed = 0
    h.on('close', () => closed++)
    await h.close()
    await h.close()
    return [closed, h.fd]
  },
  'use after close': async (h) => {
    await h.close()
    return h.read(Buffer.alloc(1), 0, 1)
  },
  asyncDispose: async (h) => {
    await h[Symbol.asyncDispose]?.()
    return h.fd
  },
  'class name': (h) => [h.constructor.name, typeof h.fd, Object.keys(h).sort()],
}

export default async function (base, log) {
  attempt.dir = base
  for (const flag of FLAGS) {
    for (const [name, operation] of Object.entries(operations())) {
      const file = join(base, 'f')
      if (!flag.includes('x')) fs.writeFileSync(file, '0123456789')
      const fd = fs.openSync(file, flag)
      const outcome = await attempt(() => operation(fd))
      try {
        fs.closeSync(fd)
      } catch {}
      log(`${name} (${flag})`, `${outcome} | ${fs.readFileSync(file, 'latin1').replaceAll('\0', '0')}`)
      fs.unlinkSync(file)
    }
    for (const [name, operation] of Object.entries(HANDLE)) {
      const file = join(base, 'h')
      if (!flag.includes('x')) fs.writeFileSync(file, 'line 1\nline 2\n')
      const handle = await fs.promises.open(file, flag)
      const outcome = await attempt(() => operation(handle))
      await limited(handle.close()).catch(() => {})
      log(`FileHandle ${name} (${flag})`, `${outcome} | ${fs.readFileSync(file, 'latin1').replaceAll('\0', '0')}`)
      fs.unlinkSync(file)
    }
  }
  // A directory has a descriptor too.
  const fd = fs.openSync(base, 'r')
  log('directory stat', fs.fstatSync(fd).isDirectory())
  for (const [name, f] of Object.entries({
    read: () => fs.readSync(fd, Buffer.alloc(1)),
    write: () => fs.writeSync(fd, 'x'),
    truncate: () => fs.ftruncateSync(fd),
    sync: () => fs.fsyncSync(fd),
    chmod: () => fs.fchmodSync(fd, 0o755),
    readFile: () => fs.readFileSync(fd),
  }))
    log(`directory ${name}`, await attempt(f))
  fs.closeSync(fd)
  // A file whose name is gone stays, and can be renamed over while open.
  const gone = fs.openSync(join(base, 'gone'), 'w+')
  fs.unlinkSync(join(base, 'gone'))
  fs.writeSync(gone, 'still here')
  const buffer = Buffer.alloc(10)
  log('unlinked', [fs.readSync(gone, buffer, 0, 10, 0), buffer.toString(), fs.fstatSync(gone).nlink])
  fs.closeSync(gone)
}
