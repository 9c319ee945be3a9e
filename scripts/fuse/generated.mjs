// Bytes that can be computed at any offset, so that files of any length can be compared without being kept.
/** Length of a block. */
export const BLOCK = 1 << 20

const base = Buffer.allocUnsafe(BLOCK)
for (let i = 0, state = 7; i < BLOCK; i += 4) {
  state = (Math.imul(state, 1664525) + 1013904223) | 0
  base.writeInt32LE(state, i)
}

/** The `length` bytes at `offset`, a multiple of {@link BLOCK}. */
export function block(offset, length) {
  const bytes = Buffer.from(base)
  bytes.writeDoubleLE(offset, 0)
  return bytes.subarray(0, length)
}

/** The bytes from `start` to `end`. */
export function part(start, end) {
  const parts = []
  for (let at = start - (start % BLOCK); at < end; at += BLOCK)
    parts.push(block(at, BLOCK).subarray(Math.max(0, start - at), Math.min(BLOCK, end - at)))
  return Buffer.concat(parts)
}
