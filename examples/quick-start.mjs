// The quick start: two mounts side by side, one shell over both. Real input: this package's own sources.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { DiskResource, MountMode, RAMResource, Workspace } from '@mirage/node-native'

const here = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'mirage-quick-start-'))

const ws = new Workspace({
  '/notes': [new RAMResource(), MountMode.WRITE],
  '/disk': [new DiskResource({ root: scratch }), MountMode.WRITE],
  '/src': new DiskResource({ root: here }), // read-only: the default
})

// Files through the programmatic door …
for (const name of readdirSync(join(here, 'js')).filter((n) => n.endsWith('.ts'))) {
  await ws.fs.writeFile(`/notes/${name}`, readFileSync(join(here, 'js', name)))
}
await ws.fs.writeFile('/disk/todo.txt', 'import the rest\nexport nothing\n')

// … and a pipeline over both mounts.
const words = await ws.execute('grep -rhowE "import|export|async|await|class" /notes /disk | sort | uniq -c | sort -rn | head -5')
console.log('most used words in /notes and /disk:')
console.log(words.stdoutText)

// A command of your own, in the middle of a pipe.
ws.command('shout', async ({ stdin }) => (await stdin.text()).toUpperCase())
const shouted = await ws.execute('head -n 1 /disk/todo.txt | shout')
console.log('shout:', shouted.stdoutText)

// A read-only mount refuses, whoever asks.
const refused = await ws.execute('echo x > /src/README.md')
console.log(`write to /src: exit ${refused.exitCode}, ${refused.stderrText}`)
await ws.fs.writeFile('/src/README.md', 'x').catch((error) => console.log('ws.fs on /src:', error.message))

await ws.close() // or, from Node 24 on: await using ws = new Workspace(…)
rmSync(scratch, { recursive: true })
