/** Bytes in the forms that callers have them. */

/** Anything that is bytes or text. */
export type Data = string | Uint8Array | ArrayBuffer | ArrayBufferView

/** What can be streamed in: chunks of bytes or text. */
export type ByteSource = AsyncIterable<Data> | Iterable<Data> | ReadableStream<Data>

/** The bytes of a value (text as UTF-8), without a copy where it is bytes already. */
export function toBytes(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  if (data instanceof Uint8Array) return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && (data as unknown) instanceof SharedArrayBuffer))
    return new Uint8Array(data)
  throw invalidArgument('data', 'a string, Buffer, TypedArray, DataView or ArrayBuffer', data)
}

/** Whether a value is bytes or text. */
export function isData(value: unknown): value is Data {
  return typeof value === 'string' || ArrayBuffer.isView(value) || value instanceof ArrayBuffer
}

/** Whether a value can be iterated for chunks. */
export function isByteSource(value: unknown): value is ByteSource {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value || typeof (value as { getReader?: unknown }).getReader === 'function')
  )
}

/** An iterator over the chunks of a source. */
export function chunksOf(source: ByteSource): AsyncIterator<Data> | Iterator<Data> {
  if (Symbol.asyncIterator in source) return (source as AsyncIterable<Data>)[Symbol.asyncIterator]()
  if (Symbol.iterator in source) return (source as Iterable<Data>)[Symbol.iterator]()
  const reader = (source as ReadableStream<Data>).getReader()
  return {
    next: async () => (await reader.read()) as IteratorResult<Data>,
    return: async () => {
      await reader.cancel()
      return { done: true, value: undefined as never }
    },
  }
}

/** All bytes of a value or a source. */
export async function collect(source: Data | ByteSource): Promise<Uint8Array> {
  if (isData(source)) return toBytes(source)
  const parts: Uint8Array[] = []
  const iterator = chunksOf(source)
  for (;;) {
    const { done, value } = await iterator.next()
    if (done === true) return Buffer.concat(parts)
    parts.push(toBytes(value))
  }
}

/** Node's `ERR_INVALID_ARG_TYPE`. */
export function invalidArgument(name: string, expected: string, actual: unknown): TypeError {
  const received =
    actual === null || actual === undefined
      ? String(actual)
      : typeof actual === 'object'
        ? `an instance of ${(actual as object).constructor?.name ?? 'Object'}`
        : `type ${typeof actual} (${String(actual)})`
  const error = new TypeError(`The "${name}" argument must be ${expected}. Received ${received}`)
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' })
}
