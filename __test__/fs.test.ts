// The programmatic door: content, errors in Node's shape, no aliasing, modes, several mounts.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DiskResource, MountMode, RAMResource, Workspace } from '../dist/index.cjs'

const backends: [string, () => Promise<{ ws: Workspace; done: () => Promise<void> }>][] = [
  [
    'ram',
    async () => {
      const ws = new Workspace({ '/m': new RAMResource() }, { mode: MountMode.WRITE })
      return { ws, done: () => ws.close() }
    },
  ],
  [
    'disk',
    async () => {
      const root = mkdtempSync(join(tmpdir(), 'mirage-test-'))
      const ws = new Workspace({ '/m': new DiskResource({ root }) }, { mode: MountMode.WRITE })
      return {
        ws,
        done: async () => {
          await ws.close()
          rmSync(root, { recursive: true, force: true })
        },
      }
    },
  ],
]

describe.each(backends)('ws.fs on %s', (_name, make) => {
  let ws: Workspace
  let done: () => Promise<void>
  beforeAll(async () => ({ ws, done } = await make()))
  afterAll(() => done())

  it('reads back what it wrote, as bytes and as text', async () => {
    await ws.fs.writeFile('/m/a.txt', 'héllo')
    expect(await ws.fs.readFile('/m/a.txt')).toEqual(Buffer.from('héllo'))
    expect(await ws.fs.readFileText('/m/a.txt')).toBe('héllo')
    expect(await ws.fs.cat('/m/a.txt')).toBe('héllo')
    expect((await ws.fs.readFile('/m/a.txt', { offset: 1, size: 2 })).toString()).toBe('é')
    await ws.fs.writeFile('/m/bin', new Uint8Array([0, 255, 10]))
    expect([...(await ws.fs.readFile('/m/bin'))]).toEqual([0, 255, 10])
  })

  it('copies at the boundary: neither side can change the other through a buffer', async () => {
    const mine = Buffer.from('before')
    await ws.fs.writeFile('/m/alias', mine)
    mine.fill(88)
    const read = await ws.fs.readFile('/m/alias')
    expect(read.toString()).toBe('before')
    read.fill(88)
    expect(await ws.fs.cat('/m/alias')).toBe('before')
    const large = Buffer.alloc(1 << 20, 'a')
    await ws.fs.writeFile('/m/large', large)
    ;(await ws.fs.readFile('/m/large')).fill(0)
    expect((await ws.fs.readFile('/m/large')).equals(large)).toBe(true)
  })

  it('lists directories by full path, and mount points in their parents', async () => {
    await ws.fs.mkdir('/m/d')
    await ws.fs.writeFile('/m/d/x', '1')
    await ws.fs.writeFile('/m/d/y', '2')
    expect(await ws.fs.readdir('/m/d')).toEqual(['/m/d/x', '/m/d/y'])
    expect(await ws.fs.listFiles('/m/d/')).toEqual(['x', 'y'])
    expect(await ws.fs.readdir('/')).toContain('/m')
    expect(await ws.fs.isDir('/m/d')).toBe(true)
    expect(await ws.fs.isFile('/m/d')).toBe(false)
    expect(await ws.fs.exists('/m/none')).toBe(false)
  })

  it('answers a frozen FileStat with the size of the content', async () => {
    await ws.fs.writeFile('/m/s.json', '{"a":1}')
    const stat = await ws.fs.stat('/m/s.json')
    expect(stat).toMatchObject({ name: 's.json', size: 7, type: 'json' })
    expect(Date.parse(stat.modified as string)).toBeGreaterThan(Date.now() - 60_000)
    expect(Object.isFrozen(stat)).toBe(true)
    expect((await ws.fs.stat('/m')).type).toBe('directory')
  })

  it('fails with errors in the shape of Node, plus virtualPath', async () => {
    await expect(ws.fs.readFile('/m/none')).rejects.toMatchObject({
      message: "ENOENT: no such file or directory, open '/m/none'",
      code: 'ENOENT',
      errno: -2,
      syscall: 'open',
      path: '/m/none',
      virtualPath: '/m/none',
    })
    await expect(ws.fs.mkdir('/m/no/deep')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'mkdir', errno: -2 })
    await expect(ws.fs.writeFile('/m/no/f', 'x')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' })
    await expect(ws.fs.readFile('/m')).rejects.toMatchObject({ code: 'EISDIR' })
    await ws.fs.writeFile('/m/file', 'x')
    await expect(ws.fs.readdir('/m/file')).rejects.toMatchObject({ code: 'ENOTDIR', syscall: 'scandir' })
    await expect(ws.fs.mkdir('/m/file')).rejects.toMatchObject({ code: 'EEXIST' })
    await ws.fs.mkdir('/m/full')
    await ws.fs.writeFile('/m/full/x', '')
    await expect(ws.fs.rmdir('/m/full')).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    await expect(ws.fs.readFile('/m/a\0b')).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(ws.fs.readFile('relative')).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(ws.fs.readFile(7 as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    await expect(ws.fs.rename('/m/none', '/m/x')).rejects.toMatchObject({ code: 'ENOENT', syscall: 'rename', dest: '/m/x' })
  })

  it('makes, renames, copies, links and removes', async () => {
    expect(await ws.fs.mkdir('/m/p/q/r', { recursive: true })).toBe('/m/p')
    expect(await ws.fs.mkdir('/m/p/q/r', { recursive: true })).toBeUndefined()
    await ws.fs.writeFile('/m/p/q/f', 'data')
    await ws.fs.rename('/m/p/q', '/m/p/z')
    expect(await ws.fs.cat('/m/p/z/f')).toBe('data')
    await ws.fs.copyFile('/m/p/z/f', '/m/p/copy')
    await ws.fs.appendFile('/m/p/copy', '+more')
    expect(await ws.fs.cat('/m/p/copy')).toBe('data+more')
    await ws.fs.truncate('/m/p/copy', 2)
    expect(await ws.fs.cat('/m/p/copy')).toBe('da')
    await ws.fs.symlink('copy', '/m/p/link')
    expect(await ws.fs.readlink('/m/p/link')).toBe('copy')
    expect(await ws.fs.cat('/m/p/link')).toBe('da')
    expect((await ws.fs.lstat('/m/p/link')).isSymbolicLink()).toBe(true)
    expect(await ws.fs.realpath('/m/p/link')).toBe('/m/p/copy')
    await ws.fs.chmod('/m/p/copy', 0o600)
    expect((await ws.fs.stat('/m/p/copy')).mode).toBe(0o600)
    await ws.fs.utimes('/m/p/copy', 1, 2)
    expect((await ws.fs.stat('/m/p/copy')).modified).toBe('1970-01-01T00:00:02.000Z')
    await ws.fs.unlink('/m/p/link')
    await ws.fs.rm('/m/p', { recursive: true })
    expect(await ws.fs.exists('/m/p')).toBe(false)
    await ws.fs.rm('/m/p', { recursive: true, force: true })
    await expect(ws.fs.rm('/m/p', { recursive: true })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('normalises dots and repeated slashes', async () => {
    await ws.fs.writeFile('/m/n', 'n')
    expect(await ws.fs.cat('//m/./x/../n')).toBe('n')
  })
})

describe('mounts', () => {
  it('refuses every write on a read-only mount, through ws.fs too', async () => {
    const ram = new RAMResource()
    const ws = new Workspace({ '/ro': ram, '/rw': [ram, MountMode.WRITE] })
    await ws.fs.writeFile('/rw/f', 'x')
    expect(await ws.fs.cat('/ro/f')).toBe('x')
    for (const attempt of [
      () => ws.fs.writeFile('/ro/f', 'y'),
      () => ws.fs.appendFile('/ro/f', 'y'),
      () => ws.fs.unlink('/ro/f'),
      () => ws.fs.mkdir('/ro/d'),
      () => ws.fs.rename('/ro/f', '/ro/g'),
      () => ws.fs.truncate('/ro/f'),
      () => ws.fs.chmod('/ro/f', 0o777),
      () => ws.fs.symlink('f', '/ro/l'),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'EROFS' })
    }
    expect(await ws.fs.cat('/rw/f')).toBe('x')
    await ws.close()
  })

  it('moves between mounts without touching the wrong one', async () => {
    const ws = new Workspace({ '/a': new RAMResource(), '/b': new RAMResource() }, { mode: 'write' })
    await ws.fs.mkdir('/a/d')
    await ws.fs.writeFile('/a/d/g', 'payload')
    await ws.fs.rename('/a/d', '/b/e')
    expect(await ws.fs.cat('/b/e/g')).toBe('payload')
    expect(await ws.fs.listFiles('/a')).toEqual([])
    await ws.close()
  })

  it('shadows with nested mounts, longest prefix first', async () => {
    const ws = new Workspace({ '/x': new RAMResource(), '/x/y/z': new RAMResource() }, { mode: 'write' })
    await ws.fs.writeFile('/x/y/z/inner', '1')
    expect(
      ws
        .mounts()
        .map((m) => m.prefix)
        .slice(0, 2),
    ).toEqual(expect.arrayContaining(['/x/y/z/']))
    expect(await ws.fs.readdir('/x')).toEqual(['/x/y'])
    expect(await ws.fs.readdir('/x/y')).toEqual(['/x/y/z'])
    expect(ws.mount('/x/y/z/inner')?.prefix).toBe('/x/y/z/')
    await expect(ws.fs.rmdir('/x/y/z')).rejects.toMatchObject({ code: 'EBUSY' })
    await ws.unmount('/x/y/z')
    expect(await ws.fs.exists('/x/y/z/inner')).toBe(false)
    await ws.close()
  })

  it('refuses bad mounts with the words of the contract', async () => {
    const ws = new Workspace({ '/a': new RAMResource() })
    expect(() => ws.addMount('/a/', new RAMResource())).toThrow('duplicate mount prefix: /a/')
    expect(() => ws.addMount('a', new RAMResource())).toThrow(/must start with '\/'/)
    expect(() => ws.addMount('/a//b', new RAMResource())).toThrow(/no '\/\/'/)
    expect(() => ws.addMount('/b', new RAMResource(), 'x' as never)).toThrow("invalid mount mode: 'x'")
    expect(() => ws.addMount('/b', null as never)).toThrow(/needs a resource/)
    expect(() => ws.addMount('/b', {} as never)).toThrow(/readdir, readFile, stat/)
    await expect(ws.unmount('/x')).rejects.toThrow('no mount at prefix: /x/')
    await expect(ws.unmount('/')).rejects.toThrow('cannot unmount root')
    await expect(ws.unmount('/dev')).rejects.toThrow('cannot unmount reserved prefix: /dev/')
    expect(() => new DiskResource({ root: '/dev/null/x' })).toThrow(/ENOTDIR/)
    expect(() => new DiskResource({} as never)).toThrow(/needs a directory/)
    await ws.close()
    await ws.close()
    expect(() => ws.addMount('/c', new RAMResource())).toThrow('Workspace is closed')
    await expect(ws.fs.readFile('/a/x')).rejects.toThrow('Workspace is closed')
    await expect(ws.execute('echo x')).rejects.toThrow('Workspace is closed')
  })

  it('keeps a disk mount inside its directory', async () => {
    const base = mkdtempSync(join(tmpdir(), 'mirage-test-'))
    const [root, outside] = [join(base, 'root'), join(base, 'outside')]
    try {
      const ws0 = new Workspace({ '/b': new DiskResource({ root: base }) }, { mode: 'write' })
      await ws0.fs.mkdir('/b/root')
      await ws0.close()
      writeFileSync(outside, 'secret')
      symlinkSync(outside, join(root, 'absolute'))
      symlinkSync('../outside', join(root, 'relative'))
      const ws = new Workspace({ '/d': new DiskResource({ root }) }, { mode: 'write' })
      for (const name of ['absolute', 'relative']) {
        await expect(ws.fs.readFile(`/d/${name}`)).rejects.toMatchObject({ code: 'ENOENT' })
      }
      await ws.fs.writeFile('/d/../d/plain', 'ok')
      expect(readFileSync(join(root, 'plain'), 'utf8')).toBe('ok')
      await ws.close()
    } finally {
      rmSync(base, { recursive: true, force: true })
    }
  })

  it('says that a limited RAM is full, and keeps what was there', async () => {
    const ws = new Workspace({ '/r': new RAMResource({ limit: 100_000 }) }, { mode: 'write' })
    await ws.fs.writeFile('/r/keep', 'kept')
    await expect(ws.fs.writeFile('/r/big', Buffer.alloc(200_000))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(await ws.fs.cat('/r/keep')).toBe('kept')
    await ws.close()
  })
})
