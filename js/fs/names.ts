/** Names as the caller wants them: text, bytes, or bytes as text. */

const SLASH = 47

/** The other form that a name can come back in. */
export function named(answer: unknown, encoding: unknown): unknown {
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8') {
    return typeof answer === 'string' ? answer : String(answer)
  }
  const bytes = typeof answer === 'string' ? Buffer.from(answer) : (answer as Buffer)
  return encoding === 'buffer' ? bytes : bytes.toString(encoding as BufferEncoding)
}

/** Whether names are wanted in a form that text cannot give. */
export const asBytes = (encoding: unknown): boolean =>
  encoding !== undefined && encoding !== null && encoding !== 'utf8' && encoding !== 'utf-8'

/** Names and kinds of a listing. */
export function unpack(packed: string | Buffer, encoding: unknown): [names: unknown[], kinds: number[]] {
  if (packed.length === 0) return [[], []]
  if (typeof packed === 'string') {
    const names = packed.split('/')
    const digits = names.shift() as string
    const kinds: number[] = []
    for (let i = 0; i < digits.length; i++) kinds.push(digits.charCodeAt(i) - 48)
    return [names, kinds]
  }
  const names: unknown[] = []
  const kinds: number[] = []
  let from = packed.indexOf(SLASH)
  for (let i = 0; i < from; i++) kinds.push((packed[i] as number) - 48)
  while (from < packed.length) {
    const next = packed.indexOf(SLASH, from + 1)
    const end = next < 0 ? packed.length : next
    names.push(named(Buffer.from(packed.subarray(from + 1, end)), encoding))
    from = end
  }
  return [names, kinds]
}
