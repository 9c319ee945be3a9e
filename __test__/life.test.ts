// Life: closing releases threads and memory, threads do not see each other's workspaces, the process ends by itself.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'

import { Workspace } from '../dist/index.cjs'

const root = join(__dirname, '..')

describe('life', () => {
  it('gives back threads and memory over 1000 workspaces', () => {
    // In a process of its own, with the collector at hand: what the collector has not got round to is no leak.
    const script = `
      const { readdirSync } = require('node:fs')
      const { RAMResource, Workspace } = require(${JSON.stringify(root)})
      const cycle = async () => {
        const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
        await ws.fs.writeFile('/ram/f', Buffer.alloc(100_000))
        await ws.execute('cat /ram/f | wc -c')
        await ws.close()
      }
      const settle = () => (gc(), new Promise((resolve) => setTimeout(resolve, 20)))
      const measure = () => [readdirSync('/proc/self/task').length, process.memoryUsage.rss()]
      const main = async () => {
        for (let i = 0; i < 1000; i++) await cycle()
        await settle()
        const [threads, memory] = measure()
        for (let i = 0; i < 1000; i++) await cycle()
        await settle()
        const [threadsNow, memoryNow] = measure()
        console.log(JSON.stringify({ threads: threadsNow - threads, memory: memoryNow - memory }))
      }
      main()`
    const r = spawnSync(process.execPath, ['--expose-gc', '-e', script], { encoding: 'utf8', timeout: 60_000 })
    const growth = JSON.parse(r.stdout) as { threads: number; memory: number }
    // Threads are kept a while for the next call; how many of them happen to be idle varies a little.
    expect(growth.threads).toBeLessThan(10)
    expect(growth.memory).toBeLessThan(32 << 20)
  })

  it('tells V8 what its trees hold, so that abandoned workspaces are collected', () => {
    // Nobody closes these, nobody calls the collector: 1.6 GB go through a process that never holds more than a part of them.
    const script = `
      const { RAMResource, Workspace } = require(${JSON.stringify(root)})
      const main = async () => {
        for (let i = 0; i < 80; i++) {
          const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
          await ws.execute('yes | head -c 20000000 > /ram/f')
        }
        console.log(process.resourceUsage().maxRSS * 1024)
      }
      main()`
    const r = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 60_000 })
    expect(Number(r.stdout)).toBeGreaterThan(0)
    expect(Number(r.stdout)).toBeLessThan(600_000_000)
  })

  it('ends what runs when it is closed', async () => {
    const ws = new Workspace({})
    const running = ws.execute('while :; do :; done')
    await ws.execute('sleep 0', { cwd: '/' })
    await ws.close()
    await expect(running).rejects.toThrow('Workspace is closed')
    expect(ws.closed).toBe(true)
  })

  it('disposes with await using', async () => {
    const ws = new Workspace({})
    await ws[Symbol.asyncDispose]()
    expect(ws.closed).toBe(true)
  })

  it('keeps worker threads apart, and survives their end', async () => {
    const code = `
      const { Workspace, RAMResource } = require(${JSON.stringify(root)})
      const { parentPort, workerData } = require('node:worker_threads')
      const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
      ws.fs.writeFile('/ram/' + workerData, 'x')
        .then(() => ws.execute('ls /ram'))
        .then((r) => parentPort.postMessage(r.stdoutText))`
    const seen = await Promise.all(
      ['one', 'two', 'three'].map(
        (workerData) =>
          new Promise((resolve, reject) => {
            const worker = new Worker(code, { eval: true, workerData })
            let message: unknown
            worker.once('message', (m) => (message = m))
            worker.once('error', reject)
            worker.once('exit', () => resolve(message))
          }),
      ),
    )
    expect(seen).toEqual(['one\n', 'two\n', 'three\n'])
    const ws = new Workspace({})
    expect((await ws.execute('echo main')).stdoutText).toBe('main\n')
    await ws.close()
  })

  it('lets the process end without close, and waits for what is under way', () => {
    const script = `
      const { Workspace } = require(${JSON.stringify(root)})
      const ws = new Workspace({})
      ws.execute('sleep 0.1; echo late').then((r) => process.stdout.write(r.stdoutText))`
    const r = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 })
    expect([r.status, r.stdout]).toEqual([0, 'late\n'])
  })

  it('ends at process.exit in the middle of work', () => {
    const script = `
      const { Workspace } = require(${JSON.stringify(root)})
      new Workspace({}).execute('while :; do :; done')
      setTimeout(() => process.exit(7), 50)`
    expect(spawnSync(process.execPath, ['-e', script], { timeout: 20_000 }).status).toBe(7)
  })
})
