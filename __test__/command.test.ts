// Commands written in JavaScript: forms of results, streaming both ways, overrides, failures, abort.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { command, RAMResource, Workspace } from '../dist/index.cjs'

let ws: Workspace
beforeAll(() => {
  ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
})
afterAll(() => ws.close())

describe('ws.command', () => {
  it('takes text, bytes, numbers, objects, iterables or nothing as a result', async () => {
    const results: [string, () => unknown, [string, string, number]][] = [
      ['text', () => 'out', ['out', '', 0]],
      ['bytes', () => Buffer.from('out'), ['out', '', 0]],
      ['status', () => 3, ['', '', 3]],
      ['object', async () => ({ stdout: 'o', stderr: 'e', exitCode: 2 }), ['o', 'e', 2]],
      ['nothing', () => undefined, ['', '', 0]],
      [
        'generator',
        async function* () {
          yield 'a'
          yield 'b'
        },
        ['ab', '', 0],
      ],
    ]
    for (const [name, fn, [stdout, stderr, exitCode]] of results) {
      ws.command(`r-${name}`, fn as never)
      const r = await ws.execute(`r-${name}`)
      expect([name, r.stdoutText, r.stderrText, r.exitCode]).toEqual([name, stdout, stderr, exitCode])
    }
  })

  it('gets arguments, flags, paths, environment, directory, and a tree', async () => {
    let seen: Record<string, unknown> = {}
    ws.command('look', async (cx) => {
      seen = { ...cx, content: await cx.fs.readFileText(cx.paths[0] as string) }
    })
    await ws.fs.writeFile('/ram/here', 'content')
    await ws.execute('cd /ram; export V=1; look -ab --long=x here')
    expect(seen).toMatchObject({
      name: 'look',
      args: ['-ab', '--long=x', 'here'],
      paths: ['/ram/here'],
      flags: { a: true, b: true, long: 'x' },
      cwd: '/ram',
      content: 'content',
    })
    expect((seen.env as Record<string, string>).V).toBe('1')
  })

  it('streams: input chunk by chunk, output as it is written, EPIPE when the reader is gone', async () => {
    ws.command('upper', async ({ stdin, stdout }) => {
      for await (const chunk of stdin) await stdout.write(String(chunk).toUpperCase())
    })
    expect((await ws.execute('seq 3 | sed s/^/line/ | upper | tail -n 1')).stdoutText).toBe('LINE3\n')
    let code: unknown
    ws.command('forever', async ({ stdout }) => {
      try {
        for (;;) await stdout.write('x\n')
      } catch (error) {
        code = (error as NodeJS.ErrnoException).code
        throw error
      }
    })
    const r = await ws.execute('forever | head -n 2; echo "${PIPESTATUS[0]}"')
    expect(r.stdoutText).toBe('x\nx\n141\n')
    expect(code).toBe('EPIPE')
  })

  it('turns an exception into that command’s failure', async () => {
    ws.command('boom', () => {
      throw new Error('it broke')
    })
    const r = await ws.execute('boom; echo "status $?"')
    expect([r.stdoutText, r.stderrText]).toEqual(['status 1\n', 'boom: it broke\n'])
  })

  it('fires its signal on abort', async () => {
    let aborted = false
    ws.command(
      'wait-for-abort',
      ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve((aborted = true) as never))),
    )
    const controller = new AbortController()
    const running = ws.execute('wait-for-abort', { signal: controller.signal })
    setTimeout(() => controller.abort(), 30)
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(() => aborted).toBe(true)
  })

  it('overrides a built-in for a backend or a file type, and may decline', async () => {
    await ws.fs.writeFile('/ram/t.table', 'raw')
    await ws.fs.writeFile('/ram/t.txt', 'plain')
    ws.command('cat', { filetype: 'table' }, ({ paths }) => `rendered ${paths[0]}\n`)
    expect((await ws.execute('cat /ram/t.table; cat /ram/t.txt')).stdoutText).toBe('rendered /ram/t.table\nplain')
    ws.command('cat', { resource: 'ram', filetype: '.table' }, () => null)
    expect((await ws.execute('cat /ram/t.table')).stdoutText).toBe('rendered /ram/t.table\n')
    ws.mount('/ram')?.registerFns(command({ name: 'only-ram', resource: 'ram', fn: () => 'ram!\n' }))
    expect((await ws.execute('only-ram /ram/t.txt')).stdoutText).toBe('ram!\n')
    expect(() => ws.mount('/ram')?.registerFns(command({ name: 'x', resource: 's3', fn: () => 0 }))).toThrow(
      "command 'x' is for resource(s) ['s3'], not 'ram'",
    )
  })

  it('can have several words, be listed and be removed', async () => {
    ws.command('gws docs get', ({ args }) => `got ${args.join(' ')}\n`)
    expect((await ws.execute('gws docs get 42')).stdoutText).toBe('got 42\n')
    expect(ws.commands()).toContain('gws docs get')
    expect(ws.removeCommand('gws docs get')).toBe(true)
    expect(ws.removeCommand('gws docs get')).toBe(false)
    expect((await ws.execute('gws docs get 42')).exitCode).toBe(127)
    expect(() => ws.command('', () => 0)).toThrow(/needs a name/)
    expect(() => ws.command('x', undefined as never)).toThrow(/needs a function/)
  })
})
