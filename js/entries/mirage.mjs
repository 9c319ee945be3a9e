#!/usr/bin/env node
import core from './core.cjs'

process.exitCode = await core.cli.main(process.argv.slice(2))
