// ws.execute and ws.spawn: streams, sessions, forks, abort, limits, errors.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MountMode, RAMResource, Workspace } from '../dist/index.cjs'

let ws: Workspace
beforeAll(() => {
  ws = new Workspace({ '/ram': new RAMResource(), '/ro': new RAMResource() }, { mode: MountMode.WRITE, modeOverrides: { '/ro': 'read' } })
})
afterAll(() => ws.close())

const out = async (script: string, options = {}): Promise<string> => (await ws.execute(script, options)).stdoutText

describe('results', () => {
  it('are bytes, text and an exit code; whatever the shell says is no exception', async () => {
    const r = await ws.execute("printf '\\xff\\n'; echo oops >&2; exit 3")
    expect([...r.stdout]).toEqual([255, 10])
    expect([r.stdoutText, r.stderrText, r.exitCode]).toEqual(['\ufffd\n', 'oops\n', 3])
    expect((await ws.execute('nosuchcommand')).exitCode).toBe(127)
    expect((await ws.execute('echo (')).exitCode).toBe(2)
    expect((await ws.execute('')).exitCode).toBe(0)
  })

  it('say that a read-only mount is read-only', async () => {
    const redirect = await ws.execute('echo x > /ro/f')
    expect([redirect.exitCode, redirect.stderrText]).toEqual([1, expect.stringContaining('read-only')])
    const command = await ws.execute('touch /ro/f')
    expect([command.exitCode, command.stderrText]).toEqual([1, expect.stringMatching(/read-only mount at \/ro\//)])
  })

  it('come from stdin in every form', async () => {
    expect(await out('tr a-z A-Z', { stdin: 'text' })).toBe('TEXT')
    expect(await out('wc -c', { stdin: new Uint8Array(1000) })).toBe('1000\n')
    expect(await out('cat', { stdin: ['a', Buffer.from('b')] })).toBe('ab')
    expect(await out('cat', { stdin: new Blob(['web']).stream() })).toBe('web')
    expect(await out('read x; echo "[$x]"', { stdin: 'line\nrest\n' })).toBe('[line]\n')
    await expect(ws.execute('cat', { stdin: 7 as never })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  })

  it('pull stdin no further than it is read', async () => {
    let produced = 0
    let returned = false
    const endless = (async function* () {
      try {
        for (;;) {
          produced++
          yield 'line\n'
        }
      } finally {
        returned = true
      }
    })()
    expect(await out('head -n 3', { stdin: endless })).toBe('line\nline\nline\n')
    expect(produced).toBeLessThan(100)
    await expect.poll(() => returned).toBe(true)
  })
})

describe('streams', () => {
  it('hands output on as it comes, and collects it too unless told not to', async () => {
    const chunks: string[] = []
    const r = await ws.execute('echo a; echo b >&2; echo c', {
      onStdout: (c: Buffer) => chunks.push(String(c)),
      onStderr: (c: Buffer) => chunks.push(`!${String(c)}`),
    })
    expect(chunks.join('').replace('!b\n', '')).toBe('a\nc\n')
    expect([r.stdoutText, r.stderrText]).toEqual(['a\nc\n', 'b\n'])
    expect((await ws.execute('echo a', { onStdout: () => {}, buffer: false })).stdoutText).toBe('')
  })

  it('waits for a slow reader instead of piling up', async () => {
    let bytes = 0
    await ws.execute('yes | head -c 5000000 | tr -d x', {
      buffer: false,
      onStdout: async (c: Buffer) => {
        bytes += c.length
        await new Promise((resolve) => setImmediate(resolve))
      },
    })
    expect(bytes).toBe(5_000_000)
  })

  it('spawns a line with Node streams', async () => {
    const child = ws.spawn('while read l; do echo "<$l>"; done; echo end >&2; exit 4')
    child.stdin.write('one\n')
    child.stdin.end('two\n')
    let stdout = ''
    for await (const chunk of child.stdout) stdout += String(chunk)
    const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)))
    expect([stdout, code]).toEqual(['<one>\n<two>\n', 4])
    const killed = ws.spawn('sleep 100')
    const gone = new Promise((resolve) => killed.once('exit', (c, signal) => resolve([c, signal])))
    expect(killed.kill()).toBe(true)
    expect(await gone).toEqual([null, 'SIGTERM'])
    await expect(killed.done).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('stops early and stays flat', async () => {
    expect(await out('yes | head -n 1')).toBe('y\n')
    expect(await out('seq 1 100000000 | head -n 1')).toBe('1\n')
    const before = process.memoryUsage.rss()
    expect(await out('yes | head -c 200000000 | wc -c')).toBe('200000000\n')
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20)
  })
})

describe('sessions', () => {
  it('keep their state between calls', async () => {
    await ws.execute('cd /ram; x=1; f() { echo "f:$x"; }; export E=2; set -o pipefail')
    expect(await out('pwd; f; echo $E')).toBe('/ram\nf:1\n2\n')
    expect(ws.cwd).toBe('/ram')
    expect(ws.env.E).toBe('2')
    ws.cwd = '/'
    expect(await out('pwd')).toBe('/\n')
  })

  it('run the lines of one session in order, and sessions apart', async () => {
    const a = ws.createSession('a')
    const b = ws.createSession('b')
    const results = await Promise.all([a.execute('X=1; sleep 0.05; echo $X'), a.execute('X=2; echo $X'), b.execute('echo "[$X]"')])
    expect(results.map((r) => r.stdoutText)).toEqual(['1\n', '2\n', '[]\n'])
    expect(() => ws.createSession('a')).toThrow('Session a already exists')
    await ws.closeSession('a')
    await expect(ws.execute('echo', { sessionId: 'a' })).rejects.toThrow('unknown session: a')
    await expect(ws.closeSession(ws.defaultSessionId)).rejects.toThrow(/default session/)
    expect(ws.listSessions().map((s) => s.id)).toEqual(['b', 'default'])
    await ws.closeAllSessions()
  })

  it('are narrowed by ceilings, in the shell and in their fs', async () => {
    const s = ws.createSession('narrow', { mounts: { '/ram': 'r' } })
    await ws.fs.writeFile('/ram/seen', 'yes')
    expect((await s.execute('cat /ram/seen')).stdoutText).toBe('yes')
    expect((await s.execute('echo no > /ram/seen')).exitCode).toBe(1)
    await expect(s.fs.writeFile('/ram/seen', 'no')).rejects.toMatchObject({ code: 'EROFS' })
    const denied = await s.execute('cat /ro/x')
    expect([denied.exitCode, denied.stderrText]).toEqual([1, expect.stringContaining("session 'narrow' not allowed to access mount '/ro'")])
    await expect(s.fs.readFile('/ro/x')).rejects.toMatchObject({ code: 'EACCES' })
    expect((await s.execute('echo ok > /dev/null; echo $?')).stdoutText).toBe('0\n')
    await ws.closeSession('narrow')
  })

  it('fork for calls with their own directory or environment, and nothing leaks back', async () => {
    await ws.execute('base=1; cd /')
    const r = await Promise.all([
      ws.execute('cd /ram; base=2; echo $base $V $PWD', { env: { V: 'v' } }),
      ws.execute('echo $base $PWD', { cwd: '/ram' }),
    ])
    expect(r.map((x) => x.stdoutText)).toEqual(['2 v /ram\n', '1 /ram\n'])
    expect(await out('echo $base $V $PWD')).toBe('1 /\n')
  })
})

describe('history', () => {
  it('keeps lines, is callable, and can be left out', async () => {
    ws.history.clear()
    await ws.execute('echo kept')
    await ws.execute('echo secret', { record: false })
    const events = await ws.history()
    expect(events).toMatchObject([{ type: 'command', command: 'echo kept', exitCode: 0, stdout: 'kept\n', session: 'default' }])
    expect(ws.history.entries()).toHaveLength(1)
  })
})

describe('abort and limits', () => {
  it.each(['while :; do :; done', 'sleep 100', 'yes > /dev/null', 'cat', 'sleep 100 | cat', 'seq 1 1e18 | sort'])(
    'aborts %s and leaves the session usable',
    async (script) => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const stdin = (async function* () {
        await new Promise(() => {})
        yield ''
      })()
      const running = ws.execute(script, { signal: controller.signal, stdin })
      setTimeout(() => controller.abort(reason), 30)
      await expect(running).rejects.toMatchObject({ name: 'AbortError', message: 'execute aborted', cause: reason })
      expect(await out('echo usable')).toBe('usable\n')
    },
  )

  it('rejects at once when the signal has fired before', async () => {
    await expect(ws.execute('echo', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('stops at a time limit with 124 and a reason', async () => {
    const r = await ws.execute('echo begun; while :; do :; done', { timeoutMs: 100 })
    expect([r.exitCode, r.stdoutText]).toEqual([124, 'begun\n'])
    expect(r.stderrText).not.toBe('')
    const c = await ws.execute('sleep 100; echo after', { limits: { commandTimeoutMs: 1000 } })
    expect(c.stderrText).toBe('sleep: timed out after 1s\n')
  })

  it('stops output, steps and nesting at their limits, loudly', async () => {
    const output = await ws.execute('yes', { limits: { outputBytes: 1000 } })
    expect(output.exitCode).toBe(137)
    expect(output.stdout.length).toBe(1000)
    expect(output.stderrText).toMatch(/limit/)
    expect((await ws.execute('yes | cat', { limits: { outputBytes: 1000 } })).exitCode).toBe(137)
    const steps = await ws.execute('while :; do :; done', { limits: { steps: 10_000 } })
    expect(steps.exitCode).not.toBe(0)
    expect(steps.stderrText).toMatch(/limit/)
    const nesting = await ws.execute('f() { f; }; f')
    expect(nesting.exitCode).not.toBe(0)
    expect(nesting.stderrText).toMatch(/nesting/)
  })

  it('guards the last cat of a line at 2000 lines, and only that', async () => {
    const r = await ws.execute('seq 3000 | cat')
    expect(r.stdoutText.split('\n')).toHaveLength(2001)
    expect(r.exitCode).toBe(0)
    expect(r.stderrText).toMatch(/^output truncated at safeguard limit \(2000 lines\)/)
    expect(await out('seq 3000 | cat | wc -l')).toBe('3000\n')
    expect((await ws.execute('seq 3000')).stdoutText.split('\n')).toHaveLength(3001)
    const free = new Workspace({}, { outputLimits: false })
    expect((await free.execute('seq 3000 | cat')).stdoutText.split('\n')).toHaveLength(3001)
    await free.close()
  })
})

describe('bad input', () => {
  it('is an error that names the operand, never a crash', async () => {
    const deep = await ws.execute(`echo ${'$('.repeat(10_000)}${')'.repeat(10_000)}`)
    expect(deep.exitCode).not.toBe(0)
    const parens = await ws.execute(`${'('.repeat(10_000)}:${')'.repeat(10_000)}`)
    expect(typeof parens.exitCode).toBe('number')
    const long = await ws.execute(`echo ${'x'.repeat(1_000_000)} | wc -c`)
    expect(long.stdoutText).toBe('1000001\n')
    expect((await ws.execute('cat /nowhere/at/all')).stderrText).toBe('cat: /nowhere/at/all: No such file or directory\n')
    expect((await ws.execute('cat /ram')).stderrText).toBe('cat: /ram: Is a directory\n')
    await expect(ws.execute(5 as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    await expect(ws.execute('pwd', { cwd: 'relative' })).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(ws.execute('echo', { limits: { depth: -1 } })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(() => new Workspace({}, { mode: 'everything' as never })).toThrow("invalid mount mode: 'everything'")
  })
})
