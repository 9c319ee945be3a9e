// cargo with the project's target directory: node scripts/cargo.mjs ARGS…
import { run } from './env.mjs'

run('cargo', process.argv.slice(2))
