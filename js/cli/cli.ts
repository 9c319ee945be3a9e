/** `mirage`: the launcher on the command line. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ConfigError } from '../config/parse.js'
import { exec } from './exec.js'
import { parseArguments, UsageError } from './options.js'
import { launch } from './run.js'

const USAGE = `Usage: mirage run [options] [node options] FILE [arguments]
       mirage exec [options] SCRIPT

run   starts a program whose node:fs, import and require see the mounts
exec  runs a line of shell on the workspace, with this process's standard streams

Options, before FILE or SCRIPT:
  -c, --config FILE  the workspace's description in YAML; without it MIRAGE_CONFIG,
                     then mirage.yaml, workspace.yaml or .mirage/workspace.yaml here
      --no-config    no description: the program makes its own workspace
      --fuse         run: mount in the kernel too, for child processes
  -h, --help         this text
  -v, --version      the version
`

function version(): string {
  const { version: own } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string }
  return own
}

/** Runs the command line; the exit status, once the work is done. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseArguments(args)
    switch (options.command) {
      case 'help':
        process.stdout.write(USAGE)
        return 0
      case 'version':
        process.stdout.write(`${version()}\n`)
        return 0
      case 'run':
        return await launch(options)
      case 'exec':
        return await exec(options)
    }
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`mirage: ${error.message}\nTry 'mirage --help'.\n`)
      return 2
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`mirage: ${error.message}\n`)
      return 2
    }
    throw error
  }
}
