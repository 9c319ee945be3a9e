// The kernel mount from JavaScript: own mountpoints can be used from the process that serves them, what could never be answered fails
// at once, and nothing stays behind whatever way the process ends.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type CustomResource, DiskResource, Mount, RAMResource, Workspace } from '../dist/index.cjs'

const root = join(__dirname, '..')
const run = promisify(execFile)
const fuse = process.platform === 'linux' && fs.existsSync('/dev/fuse')

const mounted = (dir: string): boolean => fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${dir} `)

let scratch: string
beforeAll(() => {
  scratch = fs.mkdtempSync(join(tmpdir(), 'mirage-test-'))
})
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

/** A resource written in JavaScript; sizes are unknown unless `sized`. */
function written(files: Record<string, string | Buffer>, sized = false): CustomResource & { reads: string[] } {
  const reads: string[] = []
  return {
    kind: 'written',
    reads,
    stat: (path) => {
      const data = files[path.slice(1)]
      if (path === '/') return { type: 'directory' }
      return data === undefined ? null : { type: 'file', ...(sized && { size: Buffer.byteLength(data) }) }
    },
    readdir: () => Object.keys(files),
    readFile: (path) => {
      reads.push(path)
      return files[path.slice(1)] as string
    },
  }
}

/** Runs a script that prints a line when it is ready, in a process of its own. */
async function start(script: string): Promise<{ child: ReturnType<typeof spawn>; line: string; ended: Promise<number | string | null> }> {
  const prelude = `const { Workspace, RAMResource, DiskResource } = require(${JSON.stringify(root)}); const fs = require('node:fs');`
  const child = spawn(process.execPath, ['-e', prelude + script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<number | string | null>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)))
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (data) => resolve(String(data).trim()))
    child.on('exit', () => reject(new Error('ended without a word')))
  })
  return { child, line, ended }
}

/** Whether `dir` is free within a few seconds. */
async function freed(dir: string): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    if (!mounted(dir)) return true
    await sleep(50)
  }
  return false
}

describe.skipIf(!fuse)('the kernel mount', () => {
  it('can be used from the process that serves it, synchronously', async () => {
    const ws = new Workspace({ '/data': new RAMResource() }, { mode: 'write', fuseMounts: { '/data': true } })
    const at = ws.fuseMountpoints['/data'] as string
    expect(ws.fuseMountpoint).toBe(at)
    await ws.fuseReady({ strict: true })
    await ws.fs.writeFile('/data/x.txt', 'hello\n')
    expect(fs.readFileSync(join(at, 'x.txt'), 'utf8')).toBe('hello\n')
    expect(execFileSync('cat', [join(at, 'x.txt')], { encoding: 'utf8' })).toBe('hello\n')
    fs.mkdirSync(join(at, 'lib'))
    fs.writeFileSync(join(at, 'lib', 'index.js'), 'module.exports = require("./data.json").n + 1\n')
    fs.writeFileSync(join(at, 'lib', 'data.json'), '{"n": 41}')
    expect(createRequire(__filename)(join(at, 'lib'))).toBe(42)
    expect((await ws.execute('cat /data/lib/data.json')).stdoutText).toBe('{"n": 41}')
    expect(await fs.promises.readdir(at)).toEqual(['lib', 'x.txt'])
    await ws.close()
    expect(mounted(at)).toBe(false)
    expect(fs.existsSync(at)).toBe(false)
    expect(ws.fuseErrors).toEqual([])
  })

  it('shows at once what another door wrote, and the other way round', async () => {
    const ws = new Workspace({ '/data': new RAMResource() }, { mode: 'write', fuseMounts: { '/data': true } })
    const at = ws.fuseMountpoint as string
    for (let i = 0; i < 50; i++) {
      const text = `${i}`.repeat(i * 10)
      await ws.fs.writeFile('/data/f', text)
      // Other doors do not wait for the kernel to hear of it; it takes no time worth mentioning.
      for (let k = 0; k < 100 && fs.readFileSync(join(at, 'f'), 'latin1') !== text; k++) await sleep(5)
      expect(fs.readFileSync(join(at, 'f'), 'latin1')).toBe(text)
      fs.appendFileSync(join(at, 'f'), '!')
      expect((await ws.execute('tail -c 1 /data/f; wc -c < /data/f')).stdoutText.replace(/\s+/g, '')).toBe(`!${text.length + 1}`)
    }
    fs.renameSync(join(at, 'f'), join(at, 'g'))
    expect(await ws.fs.exists('/data/f')).toBe(false)
    await ws.execute('rm /data/g; mkdir /data/d')
    for (let k = 0; k < 100 && fs.existsSync(join(at, 'g')); k++) await sleep(5)
    expect(fs.readdirSync(at)).toEqual(['d'])
    await ws.close()
  })

  it('is asked for in several ways, and says where it is', async () => {
    const [a, b] = [join(scratch, 'made', 'deep'), join(scratch, 'kept')]
    fs.mkdirSync(b)
    const disk = join(scratch, 'disk')
    fs.mkdirSync(disk)
    fs.writeFileSync(join(disk, 'on-disk'), 'x')
    const ws = new Workspace(
      {
        '/one': new Mount(new RAMResource(), { mode: 'write', fuse: a }),
        '/two/': new Mount(new DiskResource(disk), { mode: 'write', fuse: true }),
        '/three': new RAMResource(),
        '/four': new Mount(new RAMResource(), { fuse: true }),
      },
      { fuseMounts: { '/three/': b, '/four': false } },
    )
    expect(Object.keys(ws.fuseMountpoints).sort()).toEqual(['/one', '/three', '/two'])
    expect(ws.fuseMountpoints).toMatchObject({ '/one': a, '/three': b })
    expect(() => ws.fuseMountpoint).toThrow('several FUSE mounts')
    expect(fs.readFileSync(join(ws.fuseMountpoints['/two'] as string, 'on-disk'), 'utf8')).toBe('x')
    await ws.removeFuseMount('/one')
    // Directories that were made for the mount go with it, the others stay.
    expect(fs.existsSync(join(scratch, 'made'))).toBe(false)
    await ws.removeFuseMount('/three/')
    expect(fs.existsSync(b)).toBe(true)
    await expect(ws.removeFuseMount('/three')).rejects.toThrow('no kernel mount of /three/')
    expect(ws.fuseMountpoint).toBe(ws.fuseMountpoints['/two'])
    await expect(ws.addFuseMount('/two')).rejects.toThrow('/two/ has a kernel mount already')
    const at = ws.fuseMountpoint as string
    await expect(ws.addFuseMount('/one', at)).rejects.toThrow(
      `FUSE mountpoint ${at} already used by prefix /two; mounts need distinct paths`,
    )
    await expect(ws.addFuseMount('/one', { statFetch: 'maybe' as 'auto' })).rejects.toThrow("'never', 'auto' or 'always', not 'maybe'")
    await expect(ws.addFuseMount('/one', { size: 3 } as object)).rejects.toThrow("unknown option of a kernel mount: 'size'")
    await ws.close()
    await expect(ws.addFuseMount('/one')).rejects.toThrow('Workspace is closed')
    expect(ws.fuseMountpoints).toEqual({})
    expect(ws.fuseMountpoint).toBe(null)
  })

  it('never makes the constructor throw: the failure is printed, kept, and thrown by fuseReady only if asked', async () => {
    const file = join(scratch, 'a-file')
    fs.writeFileSync(file, '')
    const script = `
      const { Workspace, RAMResource } = require(${JSON.stringify(root)})
      const ws = new Workspace({ '/data': new RAMResource() }, { fuseMounts: { '/data': ${JSON.stringify(file)} } })
      ws.fuseReady().then(async () => {
        const e = await ws.fuseReady({ strict: true }).catch((e) => e)
        console.log(JSON.stringify([ws.fuseMountpoints, ws.fuseErrors.length, ws.fuseErrors[0].operation, ws.fuseErrors[0].path, e.code, e.message]))
      })`
    const r = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 })
    const [points, n, operation, path, code, message] = JSON.parse(r.stdout)
    expect([points, n, operation, path, code]).toEqual([{}, 1, 'mount', '/data', 'ERR_FUSE_MOUNT'])
    expect(r.stderr).toBe(`mirage: FUSE auto-mount failed for /data, continuing without it: ${message}\n`)
    expect(message).toContain(file)
  })

  it('shows the whole workspace when it is asked for `/`', async () => {
    const ws = new Workspace(
      { '/a': new RAMResource(), '/b/c': new RAMResource() },
      { modeOverrides: { '/a': 'write' as never }, fuseMounts: { '/': true } },
    )
    const at = ws.fuseMountpoints['/'] as string
    await ws.fs.writeFile('/a/f', 'x')
    expect(fs.readFileSync(join(at, 'a', 'f'), 'utf8')).toBe('x')
    expect(fs.readdirSync(at)).toEqual(expect.arrayContaining(['a', 'b', 'dev']))
    expect(fs.readdirSync(join(at, 'b'))).toEqual(['c'])
    expect(() => fs.writeFileSync(join(at, 'b', 'c', 'f'), '')).toThrow('EROFS')
    await ws.close()
  })

  it('shows and allows no more than its session may', async () => {
    const ws = new Workspace(
      { '/open': new RAMResource(), '/secret': new RAMResource(), '/read': new RAMResource() },
      { mode: 'write' as never },
    )
    for (const dir of ['open', 'secret', 'read']) await ws.fs.writeFile(`/${dir}/f`, dir)
    ws.createSession('guest', { mounts: { '/open': 'write', '/read': 'read' } } as never)
    const at = await ws.addFuseMount('/', undefined, 'guest')
    expect(ws.fuseMountpoints).toEqual({ '/@guest': at })
    expect(fs.readdirSync(at)).not.toContain('secret')
    expect(() => fs.readFileSync(join(at, 'secret', 'f'))).toThrow(/ENOENT|EACCES/)
    expect(fs.readFileSync(join(at, 'read', 'f'), 'utf8')).toBe('read')
    expect(() => fs.writeFileSync(join(at, 'read', 'f'), 'x')).toThrow(/EROFS|EACCES/)
    fs.writeFileSync(join(at, 'open', 'f'), 'changed')
    expect(await ws.fs.cat('/open/f')).toBe('changed')
    await ws.closeSession('guest')
    expect(mounted(at)).toBe(false)
    await ws.close()
  })

  it('keeps several workspaces apart', async () => {
    const all = Array.from({ length: 5 }, () => new Workspace({ '/d': new RAMResource() }, { mode: 'write', fuseMounts: { '/d': true } }))
    all.forEach((ws, i) => fs.writeFileSync(join(ws.fuseMountpoint as string, 'n'), String(i)))
    expect(await Promise.all(all.map((ws) => ws.fs.cat('/d/n')))).toEqual(['0', '1', '2', '3', '4'])
    await Promise.all(all.map((ws) => ws.close()))
    // No handler of ours stays either.
    expect(process.listenerCount('SIGHUP')).toBe(0)
  })

  describe('in front of a resource that is written in JavaScript', () => {
    it('answers programs while the thread is free', async () => {
      const ws = new Workspace({ '/js': written({ f: 'from js\n', g: 'more\n' }) }, { fuseMounts: { '/js': true } })
      const at = ws.fuseMountpoint as string
      expect((await run('cat', [join(at, 'f'), join(at, 'g')])).stdout).toBe('from js\nmore\n')
      expect(await fs.promises.readFile(join(at, 'f'), 'utf8')).toBe('from js\n')
      expect((await run('sh', ['-c', `ls '${at}'; stat -c %s '${at}/f'`])).stdout).toBe('f\ng\n8\n')
      await ws.close()
    })

    it('refuses at once what only the calling thread could answer, and says why once', () => {
      const script = `
        const { Workspace } = require(${JSON.stringify(root)}); const fs = require('node:fs')
        const js = { stat: (p) => (p === '/' ? { type: 'directory' } : {}), readdir: () => ['f'], readFile: () => 'x' }
        const ws = new Workspace({ '/js': js }, { fuseMounts: { '/js': { pickupTimeout: 3600_000, timeout: 3600_000 } } })
        const codes = []
        for (const f of ['readFileSync', 'statSync', 'readFileSync']) try { fs[f](ws.fuseMountpoint + '/f') } catch (e) { codes.push(e.code) }
        console.log(codes.join())
        ws.close()`
      // No deadline can be what refuses it.
      const r = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 30_000 })
      expect(r.stdout).toBe('EBUSY,EBUSY,EBUSY\n')
      expect(r.stderr.match(/MIRAGE_SELF_ACCESS/g)).toHaveLength(1)
    })

    it('refuses a program that the thread waits for, and takes the request back', async () => {
      const resource = written({ f: 'x' })
      const ws = new Workspace({ '/js': resource }, {})
      const at = await ws.addFuseMount('/js', { pickupTimeout: 300 })
      const r = spawnSync('cat', [join(at, 'f')], { encoding: 'utf8', timeout: 20_000 })
      expect(r.status).toBe(1)
      expect(r.stderr).toContain('Resource deadlock avoided')
      await sleep(50)
      expect(resource.reads).toEqual([])
      expect(ws.fuseErrors[0]).toMatchObject({ code: 'EDEADLK' })
      expect((await run('cat', [join(at, 'f')])).stdout).toBe('x')
      await ws.close()
    })

    it('hands a failing read to the program as an error, never as the end of the file', async () => {
      const resource = written({ f: 'x', g: 'y' })
      resource.readFile = (path) => {
        throw path === '/f' ? Object.assign(new Error('no'), { code: 'EACCES' }) : new Error('the backend burnt down')
      }
      const ws = new Workspace({ '/js': resource }, { fuseMounts: { '/js': true } })
      const at = ws.fuseMountpoint as string
      await expect(fs.promises.readFile(join(at, 'f'))).rejects.toMatchObject({ code: 'EACCES' })
      await expect(fs.promises.readFile(join(at, 'g'))).rejects.toMatchObject({ code: 'EIO' })
      expect(ws.fuseErrors.at(-1)).toMatchObject({ code: 'EIO', path: '/js/g' })
      expect(ws.fuseErrors.at(-1)?.message).toContain('the backend burnt down')
      await ws.close()
    })

    it('gives a file of unknown size byte for byte, at any length', async () => {
      const big = Buffer.alloc((300 << 20) + 123)
      for (let i = 0; i < big.length; i += 4096) big.writeUInt32LE((i * 2654435761) >>> 0, Math.min(i, big.length - 4))
      const text = JSON.stringify({ list: Array.from({ length: 100_000 }, (_, i) => `item ${i}`) })
      const ws = new Workspace({ '/js': written({ big, 'a.json': text }) }, { fuseMounts: { '/js': true } })
      const file = join(ws.fuseMountpoint as string, 'big')
      const sha = createHash('sha256').update(big).digest('hex')
      const asked = async (command: string): Promise<string> => (await run('sh', ['-c', command])).stdout.trim()
      expect(await asked(`cat '${file}' | sha256sum | cut -c 1-64`)).toBe(sha)
      expect(await asked(`wc -c < '${file}'`)).toBe(String(big.length))
      expect(await asked(`sha256sum '${file}' | cut -c 1-64`)).toBe(sha)
      expect(await asked(`tail -c 9 '${file}' | od -An -tx1 | tr -d ' \\n'`)).toBe(big.subarray(-9).toString('hex'))
      expect(await asked(`head -c 9 '${file}' | od -An -tx1 | tr -d ' \\n'`)).toBe(big.subarray(0, 9).toString('hex'))
      const here = createHash('sha256')
      for await (const chunk of fs.createReadStream(file)) here.update(chunk)
      expect(here.digest('hex')).toBe(sha)
      expect((await fs.promises.readFile(file)).equals(big)).toBe(true)
      const json = join(ws.fuseMountpoint as string, 'a.json')
      const code = `const fs = require('fs'); process.stdout.write(String(JSON.parse(fs.readFileSync(process.argv[1])).list.length + fs.readFileSync(process.argv[2]).length))`
      expect((await run(process.execPath, ['-e', code, json, file])).stdout).toBe(String(100_000 + big.length))
      await ws.close()
    })

    it('finds the size by reading when stat shall tell it', async () => {
      const ws = new Workspace({ '/js': written({ f: 'four' }) }, {})
      const at = await ws.addFuseMount('/js', { statFetch: 'always' })
      expect((await run('stat', ['-c', '%s', join(at, 'f')])).stdout).toBe('4\n')
      expect((await run('sh', ['-c', `cd '${at}' && tar -cf - f | tar -xOf -`])).stdout).toBe('four')
      await ws.removeFuseMount('/js')
      const lazy = await ws.addFuseMount('/js', { statFetch: 'auto' })
      expect((await run('stat', ['-c', '%s', join(lazy, 'f')])).stdout).toBe('0\n')
      expect((await run('sh', ['-c', `cat '${lazy}/f'; stat -c %s '${lazy}/f'`])).stdout).toBe('four4\n')
      await ws.close()
    })

    it('can be written, with the errors that close reports', async () => {
      const files: Record<string, string> = { f: 'old' }
      const resource: CustomResource = {
        ...written(files, true),
        writeFile: (path, data) => {
          if (path === '/full') throw Object.assign(new Error('full'), { code: 'ENOSPC' })
          files[path.slice(1)] = data.toString()
        },
      }
      const ws = new Workspace({ '/js': resource }, { mode: 'write' as never, fuseMounts: { '/js': true } })
      const at = ws.fuseMountpoint as string
      await run('sh', ['-c', `echo new > '${at}/made'; echo more >> '${at}/f'`])
      expect(files).toEqual({ f: 'oldmore\n', made: 'new\n' })
      await expect(fs.promises.writeFile(join(at, 'full'), 'x')).rejects.toMatchObject({ code: 'ENOSPC' })
      await ws.close()
    })
  })

  describe('ends with its process', () => {
    const holding = (more: string): string => `
      const ws = new Workspace({ '/d': new RAMResource() }, { mode: 'write', fuseMounts: { '/d': true } })
      const at = ws.fuseMountpoint
      fs.writeFileSync(at + '/f', 'x')
      fs.writeSync(1, at + '\\n')
      ${more}`

    it.each([
      ['that ends by itself', '', 0],
      ['that calls process.exit', 'process.stdin.once("data", () => process.exit(3)); process.stdin.resume()', 3],
      ['that throws', 'process.stderr.write = () => true; process.stdin.once("data", () => { throw new Error("on purpose") })', 1],
    ])('%s', async (_, more, code) => {
      const p = await start(holding(more))
      p.child.stdin?.write('x')
      expect(await p.ended).toBe(code)
      expect(mounted(p.line)).toBe(false)
      expect(fs.existsSync(p.line)).toBe(false)
    })

    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('on %s, by that signal', async (signal) => {
      const p = await start(holding('setInterval(() => {}, 1000)'))
      p.child.kill(signal)
      expect(await p.ended).toBe(signal)
      expect(mounted(p.line)).toBe(false)
      expect(fs.existsSync(p.line)).toBe(false)
    })

    it('but not on a signal that the program handles itself', async () => {
      const p = await start(
        holding(`process.on('SIGTERM', () => { console.log(fs.readFileSync(at + '/f', 'utf8')) ; setTimeout(() => process.exit(5), 50) })
          setInterval(() => {}, 1000)`),
      )
      p.child.kill('SIGTERM')
      expect(await p.ended).toBe(5)
      expect(mounted(p.line)).toBe(false)
    })

    it('even when it is killed', async () => {
      const p = await start(holding('setInterval(() => {}, 1000)'))
      p.child.kill('SIGKILL')
      expect(await p.ended).toBe('SIGKILL')
      expect(await freed(p.line)).toBe(true)
    })

    it('when it is killed in the middle of reading from itself: nothing hangs in the kernel', async () => {
      const p = await start(`
        const js = { stat: (p) => (p === '/' ? { type: 'directory' } : {}), readdir: () => ['f'], readFile: () => new Promise(() => {}) }
        const ws = new Workspace({ '/js': js }, { fuseMounts: { '/js': true } })
        fs.promises.readFile(ws.fuseMountpoint + '/f').catch(() => {})
        setTimeout(() => fs.writeSync(1, ws.fuseMountpoint + '\\n'), 500)
        setInterval(() => {}, 1000)`)
      const pid = p.child.pid as number
      p.child.kill('SIGKILL')
      expect(await p.ended).toBe('SIGKILL')
      expect(fs.existsSync(`/proc/${pid}`)).toBe(false)
      expect(await freed(p.line)).toBe(true)
    })

    it('and a mount takes the place of a dead one', async () => {
      const at = join(scratch, 'pinned')
      fs.mkdirSync(at)
      const script = `
        const ws = new Workspace({ '/d': new RAMResource() }, { mode: 'write', fuseMounts: { '/d': ${JSON.stringify(at)} } })
        fs.writeSync(1, JSON.stringify(ws.fuseErrors) + '\\n')
        setInterval(() => {}, 1000)`
      for (let i = 0; i < 3; i++) {
        const p = await start(script)
        expect(p.line).toBe('[]')
        fs.writeFileSync(join(at, 'f'), 'x')
        p.child.kill('SIGKILL')
        await p.ended
      }
      expect(await freed(at)).toBe(true)
      expect(fs.readdirSync(at)).toEqual([])
    })

    it('and a worker thread takes its own mounts along', async () => {
      const p = await start(`
        const { Worker } = require('node:worker_threads')
        const w = new Worker(\`
          const { Workspace, RAMResource } = require(${JSON.stringify(root)})
          const ws = new Workspace({ '/d': new RAMResource() }, { mode: 'write', fuseMounts: { '/d': true } })
          require('node:fs').writeSync(1, ws.fuseMountpoint + '\\\\n')
        \`, { eval: true })
        const ws = new Workspace({ '/d': new RAMResource() }, { mode: 'write', fuseMounts: { '/d': true } })
        w.on('exit', () => { fs.writeFileSync(ws.fuseMountpoint + '/still', 'there'); process.exit(7) })`)
      expect(await p.ended).toBe(7)
      expect(mounted(p.line)).toBe(false)
    })
  })
})

describe.skipIf(fuse)('without FUSE', () => {
  it('says what is missing and goes on', async () => {
    const ws = new Workspace({ '/d': new RAMResource() }, { mode: 'write', fuseMounts: { '/d': true } })
    expect(ws.fuseErrors).toHaveLength(1)
    await expect(ws.addFuseMount('/d')).rejects.toMatchObject({ code: 'ERR_FUSE_UNAVAILABLE' })
    await ws.close()
  })
})
