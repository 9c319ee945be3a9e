// Inputs, the same bytes for everyone: a seeded generator, so that two runs measure the same thing.

function random(seed) {
  let x = seed
  return (n) => {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff
    return (x >>> 8) % n
  }
}

const words = Array.from({ length: 2000 }, (_, i) => `w${((i * 7919) % 100003).toString(36)}`)

/** A log of about `bytes` bytes: number, two words, a user, two numbers, and ALERT in one line of a thousand. */
export function log(bytes) {
  const r = random(12345)
  const lines = []
  for (let n = 0, i = 0; n < bytes; i++) {
    const line = `${i} ${words[r(2000)]} ${words[r(2000)]} user${r(5000)} ${r(1000)} ${r(997) === 0 ? 'ALERT needle' : 'ok'}`
    lines.push(line)
    n += line.length + 1
  }
  return Buffer.from(`${lines.join('\n')}\n`)
}

/** JSON lines with nested objects. */
export function jsonLines(count) {
  const r = random(777)
  return Buffer.from(
    Array.from({ length: count }, (_, id) =>
      JSON.stringify({ id, user: { name: words[r(2000)], age: r(90) }, v: r(1000), tags: [words[r(2000)], words[r(2000)]] }),
    ).join('\n') + '\n',
  )
}

/** `count` small files in 40 directories, `size` bytes each. */
export function tree(count, size) {
  const body = log(size)
  return Array.from({ length: count }, (_, i) => [
    `/w/t/d${i % 40}/f${i}.txt`,
    Buffer.concat([Buffer.from(i % 100 === 0 ? 'ALERT here\n' : 'calm\n'), body]),
  ])
}
