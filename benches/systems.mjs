// The systems that are measured: how each is made, filled with files, and run.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const peer = async (name) => import(pathToFileURL(createRequire(join(here, 'package.json')).resolve(name)).href)

async function fillWorkspace(ws, files) {
  const made = new Set(['/'])
  const mkdir = async (dir) => {
    if (made.has(dir)) return
    await mkdir(dir.slice(0, dir.lastIndexOf('/')) || '/')
    made.add(dir)
    await ws.fs.mkdir(dir).catch(() => {})
  }
  await mkdir('/w')
  for (const [path, data] of files) {
    await mkdir(path.slice(0, path.lastIndexOf('/')))
    await ws.fs.writeFile(path, data)
  }
}

/** Each answers `{ run(script) -> { stdout, exitCode }, fs?, close() }`, with the files at their absolute paths and /w as directory. */
export const systems = {
  async ours(files) {
    const { RAMResource, Workspace } = await import('../dist/index.mjs')
    const ws = new Workspace({ '/w': new RAMResource() }, { mode: 'write', outputLimits: false, cwd: '/w' })
    await fillWorkspace(ws, files)
    return { run: (script) => ws.execute(script), fs: ws.fs, close: () => ws.close() }
  },

  async reference(files) {
    const { MountMode, RAMResource, Workspace } = await import(
      pathToFileURL(join(here, 'node_modules/@struktoai/mirage-node/dist/index.js')).href
    )
    const ws = new Workspace({ '/w': new RAMResource() }, { mode: MountMode.WRITE })
    await fillWorkspace(ws, files)
    await ws.execute('cd /w')
    return { run: (script) => ws.execute(script), fs: ws.fs, close: () => ws.close() }
  },

  async 'just-bash'(files) {
    const { Bash } = await peer('just-bash')
    const seed = Object.fromEntries(files.map(([path, data]) => [path, new Uint8Array(data)]))
    // Its default limits refuse these inputs; they are raised so that speed is compared, not refusal.
    const names =
      'maxSourceBytes maxCallDepth maxCommandCount maxLoopIterations maxAwkIterations maxSedIterations maxJqIterations maxQueryTokens maxQueryElements maxAwkParserOperations maxWorkUnits maxTraversalEntries maxTraversalWork maxLiveBytes maxInputBytes maxFileSystemBytes maxStringLength maxArrayElements maxOutputSize maxGlobOperations'.split(
        ' ',
      )
    const bash = new Bash({ files: seed, cwd: '/w', executionLimits: Object.fromEntries(names.map((n) => [n, 2e9])) })
    await bash.fs.mkdir('/w', { recursive: true })
    return { run: (script) => bash.exec(script), close: () => {} }
  },

  async bashkit(files) {
    const { Bash } = await peer('@everruns/bashkit')
    const bash = new Bash({ cwd: '/w', maxCommands: 1e7, maxLoopIterations: 1e7, maxTotalLoopIterations: 1e7 })
    bash.mkdir('/w', true)
    for (const [path, data] of files) {
      bash.mkdir(path.slice(0, path.lastIndexOf('/')), true)
      bash.writeFile(path, data.toString())
    }
    return { run: (script) => bash.execute(script), close: () => {} }
  },

  async gnu(files) {
    const root = mkdtempSync(join(tmpdir(), 'mirage-bench-'))
    for (const [path, data] of files) {
      const real = join(root, path)
      mkdirSync(dirname(real), { recursive: true })
      writeFileSync(real, data)
    }
    mkdirSync(join(root, 'w'), { recursive: true })
    return {
      childTimes: true,
      run: (script) => {
        const r = spawnSync('bash', ['-c', `${script}\n_s=$?; exec >&2; echo; times; exit $_s`], {
          cwd: join(root, 'w'),
          encoding: 'utf8',
          maxBuffer: 1 << 29,
        })
        const times = [...r.stderr.matchAll(/(\d+)m([\d.]+)s/g)].slice(-4)
        return { stdout: r.stdout, exitCode: r.status, cpuMs: times.reduce((sum, [, m, s]) => sum + m * 60_000 + s * 1000, 0) }
      },
      close: () => rmSync(root, { recursive: true, force: true }),
    }
  },
}
