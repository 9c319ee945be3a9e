// Read and write streams: ranges, sizes, encodings, flags, errors, events and their order, abort, closing.
import fs from 'node:fs'
import { join } from 'node:path'
import { finished, pipeline } from 'node:stream/promises'

/** The events of a stream, in order, until it closes. */
function events(stream, names) {
  const seen = []
  for (const name of names) {
    stream.on(name, (value) => {
      const text =
        value instanceof Error
          ? `${value.name} ${value.code} ${value.message}`
          : Buffer.isBuffer(value)
            ? value.toString()
            : typeof value === 'number'
              ? 'fd'
              : value
      seen.push(text === undefined ? name : `${name}(${text})`)
    })
  }
  return new Promise((resolve) => {
    stream.on('close', () => setImmediate(() => resolve(seen)))
    stream.on('error', () => setTimeout(() => resolve(seen), 30))
    setTimeout(() => resolve([...seen, 'never closed']), 400)
  })
}

const READ = ['open', 'ready', 'data', 'end', 'error', 'close']
const WRITE = ['open', 'ready', 'drain', 'finish', 'error', 'close']

export default async function (base, log) {
  const file = join(base, 'f')
  fs.writeFileSync(file, 'abcdefghijklmnopqrstuvwxyz')
  const reads = {
    plain: {},
    start: { start: 5 },
    'start and end': { start: 5, end: 9 },
    'end only': { end: 3 },
    'start past the end': { start: 100 },
    'start equals end': { start: 4, end: 4 },
    small: { highWaterMark: 5 },
    'small range': { highWaterMark: 4, start: 3, end: 12 },
    encoding: { encoding: 'utf8' },
    hex: { encoding: 'hex', end: 2 },
    'as string': 'base64',
    'no autoClose': { autoClose: false },
    'no emitClose': { emitClose: false },
    'flags r+': { flags: 'r+' },
    'flags a+': { flags: 'a+' },
  }
  for (const [name, options] of Object.entries(reads)) {
    const stream = fs.createReadStream(file, options)
    const seen = await Promise.race([events(stream, READ), new Promise((r) => setTimeout(r, 150, ['open end']))])
    log(`read ${name}`, JSON.stringify([seen, stream.bytesRead, stream.path === file, stream.pending, stream.destroyed]))
    stream.destroy()
  }
  for (const [name, path] of Object.entries({ missing: join(base, 'none'), directory: base, 'below a file': join(file, 'x') })) {
    log(`read ${name}`, JSON.stringify(await events(fs.createReadStream(path), READ)))
    log(`write ${name}`, JSON.stringify(await events(fs.createWriteStream(path), WRITE)).slice(0, 400))
    fs.rmSync(join(base, 'none'), { force: true })
  }
  for (const options of [
    { start: 'x' },
    { start: 5, end: 2 },
    { start: -1 },
    { end: Infinity, start: 2 },
    { fd: 'x' },
    { encoding: 'nope' },
    { highWaterMark: -1 },
    5,
  ]) {
    let outcome
    try {
      const stream = fs.createReadStream(file, options)
      outcome = JSON.stringify(await events(stream, READ))
    } catch (error) {
      outcome = `${error.name} ${error.code} ${error.message}`
    }
    log(`read options ${JSON.stringify(options)}`, outcome)
  }
  const writes = {
    plain: {},
    append: { flags: 'a' },
    'r+ at 3': { flags: 'r+', start: 3 },
    'at 3': { start: 3 },
    exclusive: { flags: 'wx' },
    mode: { mode: 0o640 },
    encoding: { encoding: 'hex' },
    'as string': 'latin1',
    flush: { flush: true },
    'no autoClose': { autoClose: false },
  }
  for (const [name, options] of Object.entries(writes)) {
    for (const there of [true, false]) {
      const target = join(base, 'w')
      if (there) fs.writeFileSync(target, '0123456789')
      const stream = fs.createWriteStream(target, options)
      const seen = Promise.race([events(stream, WRITE), new Promise((r) => setTimeout(r, 150, ['open end']))])
      stream.write('6162')
      stream.write(Buffer.from('cd'))
      stream.end('6566')
      const list = await seen
      stream.destroy()
      const content = fs.existsSync(target) ? fs.readFileSync(target, 'latin1').replaceAll('\0', '0') : 'none'
      log(
        `write ${name} ${there}`,
        JSON.stringify([list, stream.bytesWritten, content, fs.statSync(target, { throwIfNoEntry: false })?.mode.toString(8)]),
      )
      fs.rmSync(target, { force: true })
    }
  }
  // Much data, both ways, also with many small writes, which Node puts together.
  const big = Buffer.alloc(3_000_000, 'data ')
  await pipeline(
    async function* () {
      for (let i = 0; i < big.length; i += 100_000) yield big.subarray(i, i + 100_000)
    },
    fs.createWriteStream(join(base, 'big')),
  )
  log('big', fs.readFileSync(join(base, 'big')).equals(big))
  await pipeline(fs.createReadStream(join(base, 'big')), fs.createWriteStream(join(base, 'copy')))
  log('copied', fs.readFileSync(join(base, 'copy')).equals(big))
  const many = fs.createWriteStream(join(base, 'many'))
  for (let i = 0; i < 1000; i++) many.write(`line ${i}\n`)
  many.end()
  await finished(many)
  log('many', fs.readFileSync(join(base, 'many'), 'utf8').split('\n').length)
  // Abort and destroy.
  const controller = new AbortController()
  const aborted = fs.createReadStream(join(base, 'big'), { signal: controller.signal })
  const seen = events(aborted, ['error', 'close'])
  aborted.once('data', () => controller.abort())
  log('aborted', JSON.stringify(await seen))
  const early = fs.createReadStream(file, { signal: AbortSignal.abort() })
  log('aborted before', JSON.stringify(await events(early, ['error', 'close', 'data'])))
  const destroyed = fs.createReadStream(file)
  const ends = events(destroyed, READ)
  destroyed.destroy()
  log('destroyed', JSON.stringify(await ends))
  const failing = fs.createWriteStream(join(base, 'fails'))
  const failure = events(failing, WRITE)
  failing.destroy(new Error('on purpose'))
  log('destroyed with an error', JSON.stringify(await failure))
  // A stream over functions of the caller.
  const own = { open: fs.open, read: (...args) => fs.read(...args), close: fs.close }
  let text = ''
  for await (const chunk of fs.createReadStream(file, { fs: own, encoding: 'utf8' })) text += chunk
  log('own functions', text)
  const parts = []
  for await (const chunk of fs.createReadStream(file, { start: 20, encoding: 'utf8' })) parts.push(chunk)
  log('iterated', JSON.stringify(parts))
}
