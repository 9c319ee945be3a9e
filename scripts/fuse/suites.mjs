// Test suites that others wrote for file systems: pjdfstest (POSIX, 398 cases), fsx (random operations on one file against a
// model in memory), fio (verified writes).
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { must, run } from './run.mjs'
import { suite } from './tools.mjs'

/**
 * Runs pjdfstest in `dir`: how many cases passed, and which failed. `other` is a directory on another file system. The caller
 * has to be root: the cases change users.
 */
export async function pjdfstest(dir, other, scratch) {
  const settings = join(scratch, 'pjdfstest.toml')
  writeFileSync(
    settings,
    `[features]
posix_fallocate = {}
rename_ctime = {}
utime_now = {}
utimensat = {}
stat_st_birthtime = {}
[settings]
naptime = 0.01
allow_remount = false
[dummy_auth]
entries = [["nobody", "nogroup"], ["daemon", "daemon"]]
`,
  )
  const r = await run(suite('pjdfstest'), { args: ['-c', settings, '-p', dir, '-s', other], cwd: dir, seconds: 300 })
  const lines = r.stdout.split('\n')
  const summary = /^Summary: (\d+) failed, (\d+) skipped, (\d+) passed/m.exec(r.stdout)
  if (summary === null)
    throw new Error(`pjdfstest did not finish (${r.timedOut ? 'time limit' : r.code}): ${(r.stdout + r.stderr).slice(-500)}`)
  const failures = lines.flatMap((line, i) =>
    /^\S+\s+FAILED\s*$/i.test(line) ? [`${line.split(/\s/)[0]}: ${(lines[i + 1] ?? '').trim()}`] : [],
  )
  return { failed: Number(summary[1]), skipped: Number(summary[2]), passed: Number(summary[3]), failures }
}

/** All of fsx's operations, on files up to 1 MiB. */
const FSX = `flen = 1048576
[opsize]
max = 65536
[weights]
close_open = 1
read = 10
write = 10
mapread = 10
mapwrite = 10
invalidate = 1
truncate = 4
fsync = 1
fdatasync = 1
posix_fallocate = 2
punch_hole = 4
sendfile = 4
posix_fadvise = 2
copy_file_range = 4
`

/** Runs `operations` random operations of fsx in `dir`, the same ones for the same seed. Throws at the first wrong byte. */
export async function fsx(dir, scratch, { operations = 20_000, seed = 42 } = {}) {
  const settings = join(scratch, 'fsx.toml')
  writeFileSync(settings, FSX)
  // Its record of what it did, and a copy of what should be in the file, lie outside.
  const artifacts = join(scratch, 'fsx')
  mkdirSync(artifacts, { recursive: true })
  await must(suite('fsx'), {
    args: ['-f', settings, '-N', String(operations), '-S', String(seed), '-P', artifacts, join(dir, 'fsx')],
    cwd: scratch,
    seconds: 60 + operations / 100,
  })
  rmSync(artifacts, { recursive: true, force: true })
}

/** Writes with fio and reads back, each block with a checksum of its own. */
export async function fio(dir, { engine, direct = false, size = '32m' }) {
  const more = direct ? ['--direct=1', '--bs=64k'] : ['--bssplit=4k/40:16k/30:128k/30', '--direct=0']
  await must('fio', {
    args: [
      '--name=verify',
      `--directory=${dir}`,
      `--ioengine=${engine}`,
      '--rw=randwrite',
      `--size=${size}`,
      '--numjobs=2',
      '--verify=crc32c',
      '--verify_fatal=1',
      '--do_verify=1',
      '--end_fsync=1',
      '--fallocate=none',
      '--output-format=terse',
      ...more,
    ],
    cwd: dir,
    seconds: 180,
  })
}
