/** The command line of `mirage`, taken apart. */

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for. */
export interface Options {
  readonly command: 'run' | 'exec' | 'help' | 'version'
  /** A description's file; `false` for none at all. */
  readonly config: string | false | undefined
  readonly fuse: boolean
  /** Options for Node, before the file. */
  readonly node: readonly string[]
  /** The file and its arguments, or the script. */
  readonly rest: readonly string[]
}

/** Node's options that take their value from the next word. */
const WITH_VALUE = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
  '--env-file',
  '--env-file-if-exists',
  '--input-type',
  '--title',
  '--stack-trace-limit',
  '--max-old-space-size',
  '--inspect-port',
  '--watch-path',
])

/** Node's options that are the program. */
const PROGRAM = new Set(['-e', '--eval', '-p', '--print', '-pe'])

/** Takes the words after `mirage` apart. */
export function parseArguments(args: readonly string[]): Options {
  const words = [...args]
  const [first] = words
  if (first === undefined || first === '-h' || first === '--help' || first === 'help') return simple('help')
  if (first === '-v' || first === '--version') return simple('version')
  if (first !== 'run' && first !== 'exec') throw new UsageError(`no such command: ${first}`)
  words.shift()
  let config: string | false | undefined
  let fuse = false
  const node: string[] = []
  while (words[0]?.startsWith('-') === true && words[0] !== '-') {
    const word = words.shift() as string
    if (word === '--') break
    const [, joined] = /^--config=(.*)$/s.exec(word) ?? []
    if (word === '-h' || word === '--help') return simple('help')
    if (word === '-v' || word === '--version') return simple('version')
    if (word === '-c' || word === '--config' || joined !== undefined) {
      const value = joined ?? words.shift()
      if (value === undefined || value === '') throw new UsageError(`${word} needs a file`)
      config = value
    } else if (word === '--no-config') config = false
    else if (word === '--fuse' && first === 'run') fuse = true
    else if (first === 'exec') throw new UsageError(`no such option: ${word}`)
    else {
      node.push(word)
      if (WITH_VALUE.has(word) || PROGRAM.has(word)) {
        const value = words.shift()
        if (value === undefined) throw new UsageError(`${word} needs a value`)
        node.push(value)
      }
    }
  }
  const complete = node.some((word) => PROGRAM.has(word) || /^--(?:eval|print)=/.test(word))
  if (words.length === 0 && !complete) throw new UsageError(first === 'run' ? 'which file?' : 'which script?')
  if (first === 'exec' && words.length > 1) throw new UsageError('exec takes one script; quote it')
  return { command: first, config, fuse, node, rest: words }
}

const simple = (command: 'help' | 'version'): Options => ({ command, config: undefined, fuse: false, node: [], rest: [] })
