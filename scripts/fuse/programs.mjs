// Programs that people run on a file system, each doing real work in an empty directory: `await programs[name](dir, scratch)`.
// What they check is what the program itself checks (git fsck, integrity_check, diff -r), never that it merely ended.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { must } from './run.mjs'

const quiet = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', HOME: '/nonexistent', LC_ALL: 'C' }
const git = 'git -c user.name=t -c user.email=t@t -c init.defaultBranch=main -c gc.auto=0 -c safe.directory=*'

/** A tree of text, binary, links, modes and odd names; always the same one. */
export function makeTree(dir, { files = 200, seed = 1 } = {}) {
  let state = seed
  const random = (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % n
  }
  for (let i = 0; i < files; i++) {
    const folder = join(dir, `d${random(8)}`, `e${random(4)}`)
    mkdirSync(folder, { recursive: true })
    const bytes = Buffer.alloc(random(20_000))
    for (let k = 0; k < bytes.length; k++) bytes[k] = i % 2 === 0 ? random(256) : 32 + random(90)
    writeFileSync(join(folder, i % 10 === 0 ? `ä name ${i}` : `file${i}`), bytes, { mode: i % 7 === 0 ? 0o755 : 0o644 })
  }
}

const SOURCE = 24

/** A C project of many small objects that depend on each other, for a parallel make. */
function makeProject(dir) {
  mkdirSync(join(dir, 'obj'), { recursive: true })
  const names = Array.from({ length: SOURCE }, (_, i) => `part${i}`)
  writeFileSync(join(dir, 'all.h'), names.map((n) => `unsigned ${n}(unsigned);\n`).join(''))
  names.forEach((name, i) =>
    writeFileSync(join(dir, `${name}.c`), `#include "all.h"\nunsigned ${name}(unsigned x) { return x * ${i + 3}u + ${i}u; }\n`),
  )
  writeFileSync(
    join(dir, 'main.c'),
    `#include <stdio.h>\n#include "all.h"\nint main(void) { unsigned x = 1;\n${names.map((n) => `  x = ${n}(x);\n`).join('')}  printf("%u\\n", x); return 0; }\n`,
  )
  writeFileSync(
    join(dir, 'Makefile'),
    `OBJ = obj/main.o ${names.map((n) => `obj/${n}.o`).join(' ')}
program: libparts.a obj/main.o
\t$(CC) -o $@ obj/main.o libparts.a
libparts.a: $(filter-out obj/main.o,$(OBJ))
\trm -f $@ && ar rc $@ $^ && ranlib $@
obj/%.o: %.c all.h
\t$(CC) -O0 -c -o $@ $<
clean:
\trm -f program libparts.a obj/*.o
`,
  )
  // What the program must print, by the same arithmetic.
  return names.reduce((x, _, i) => (Math.imul(x, i + 3) + i) >>> 0, 1)
}

export const programs = {
  async git(dir, scratch) {
    makeTree(join(scratch, 'origin'))
    const env = quiet
    await must(`${git} init -q . && ${git} add -A && ${git} commit -qm one`, { cwd: join(scratch, 'origin'), env })
    await must(`${git} clone -q '${scratch}/origin' clone`, { cwd: dir, env })
    const cwd = join(dir, 'clone')
    const steps = [
      'test -z "$(GIT status --porcelain)"',
      'GIT fsck --full --strict',
      'for i in 1 2 3; do echo $i >> "d1/new"; GIT add -A; GIT commit -qm "change $i"; done',
      'GIT checkout -qb side HEAD~2 && echo side > side && GIT add side && GIT commit -qm side && GIT checkout -q main && GIT merge -q --no-edit side',
      'GIT gc -q --prune=now && GIT fsck --full --strict && GIT stash list && test "$(GIT rev-list --count HEAD)" = 6',
      'GIT worktree add -q ../second side && test "$(cat ../second/side)" = side && GIT grep -q 2 -- d1/new',
      'test -z "$(GIT status --porcelain)"',
    ]
    for (const step of steps) await must(step.replaceAll('GIT', git), { cwd, env })
    await must(`diff -r -x .git -x new -x side '${scratch}/origin' clone`, { cwd: dir })
  },

  /** Without the network: the packages are tarballs that are made here. */
  async npm(dir, scratch) {
    const packages = Array.from({ length: 12 }, (_, i) => `pack-${i}`)
    for (const [i, name] of packages.entries()) {
      const folder = join(scratch, name)
      mkdirSync(join(folder, 'bin'), { recursive: true })
      const needs = i + 1 < packages.length ? { [packages[i + 1]]: `file:${scratch}/${packages[i + 1]}-1.0.0.tgz` } : {}
      writeFileSync(
        join(folder, 'package.json'),
        JSON.stringify({ name, version: '1.0.0', main: 'index.js', bin: { [name]: 'bin/run.js' }, dependencies: needs }),
      )
      const next = i + 1 < packages.length ? `require('${packages[i + 1]}')` : '0'
      writeFileSync(join(folder, 'index.js'), `module.exports = ${next} + ${i}\n`)
      writeFileSync(join(folder, 'bin', 'run.js'), `#!/usr/bin/env node\nconsole.log(require('..'))\n`, { mode: 0o755 })
      for (let k = 0; k < 20; k++) writeFileSync(join(folder, `data${k}.js`), `module.exports = ${'x'.repeat(k * 50).length}\n`)
      await must(`tar -czf '${scratch}/${name}-1.0.0.tgz' --transform 's,^${name},package,' ${name}`, { cwd: scratch })
    }
    writeFileSync(
      join(dir, 'package.json'),
      JSON.stringify({
        name: 'app',
        version: '1.0.0',
        private: true,
        dependencies: { 'pack-0': `file:${scratch}/pack-0-1.0.0.tgz` },
        scripts: { check: 'pack-0' },
      }),
    )
    const env = { ...process.env, npm_config_cache: join(scratch, 'cache'), npm_config_update_notifier: 'false' }
    await must('npm install --offline --no-audit --no-fund --silent', { cwd: dir, env, seconds: 120 })
    const sum = packages.reduce((s, _, i) => s + i, 0)
    const seen = await must(`node -p "require('pack-0')" && npm run --silent check`, { cwd: dir, env })
    if (seen !== `${sum}\n${sum}\n`) throw new Error(`the installed packages computed ${JSON.stringify(seen)}, not ${sum}`)
    await must('npm ls --all --offline && rm -rf node_modules && test ! -e node_modules', { cwd: dir, env })
  },

  async sqlite(dir) {
    for (const mode of ['delete', 'wal', 'truncate']) {
      const db = join(dir, `${mode}.db`)
      const rows = 5000
      await must(`sqlite3 '${db}'`, {
        input: `PRAGMA journal_mode=${mode}; PRAGMA synchronous=FULL; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t(b);
          BEGIN; WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x<${rows}) INSERT INTO t SELECT x, hex(randomblob(40)) FROM n; COMMIT;
          UPDATE t SET b = b || 'x' WHERE a % 3 = 0; DELETE FROM t WHERE a % 10 = 0;`,
      })
      // Four writers and a reader at once: they wait for each other by locks (and, with WAL, share memory that is mapped).
      const writer = (k) =>
        must(`for i in $(seq 20); do sqlite3 -cmd '.timeout 30000' '${db}' "INSERT INTO t(b) VALUES('w${k}-$i')"; done`, { seconds: 120 })
      const reader = must(`for i in $(seq 10); do sqlite3 -cmd '.timeout 30000' '${db}' 'SELECT count(*) FROM t' >/dev/null; done`, {
        seconds: 120,
      })
      await Promise.all([writer(1), writer(2), writer(3), writer(4), reader])
      const seen = await must(`sqlite3 '${db}' "PRAGMA integrity_check; SELECT count(*) FROM t; SELECT count(*) FROM t WHERE b LIKE 'w%';"`)
      const expected = `ok\n${rows - rows / 10 + 80}\n80\n`
      if (seen !== expected) throw new Error(`journal_mode=${mode}: ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`)
      await must(`sqlite3 '${db}' 'VACUUM; PRAGMA integrity_check' | grep -qx ok`)
    }
  },

  async make(dir) {
    const expected = makeProject(dir)
    await must('make -s -j4', { cwd: dir, seconds: 120 })
    const seen = await must('./program && make -q program && ls obj | wc -l', { cwd: dir })
    if (seen !== `${expected}\n${SOURCE + 1}\n`) throw new Error(`the program printed ${JSON.stringify(seen)}, not ${expected}`)
    // A touched header makes everything again: times must be fine and must go forward.
    await must('touch all.h && ! make -q program && make -s -j4 && ./program && make -s clean && test -z "$(ls obj)"', {
      cwd: dir,
      seconds: 120,
    })
  },

  async tar(dir, scratch) {
    makeTree(join(scratch, 'tree'))
    await must(
      `cd '${scratch}/tree' && ln -s d1/e1 link && ln -s nowhere dangling && ln "$(find . -name 'file1' | head -1)" hard && mkfifo fifo && chmod 700 d2 && truncate -s 3M sparse && echo end >> sparse`,
    )
    await must(`tar -C '${scratch}/tree' -cf - . | tar -C '${dir}' -xpf -`)
    // What comes back out of the mount is what went in: contents, modes, times, links.
    const list = 'tar --sort=name --numeric-owner --format=gnu -cf - . | tar --numeric-owner --full-time -tvf -'
    const [before, after] = [await must(list, { cwd: join(scratch, 'tree') }), await must(list, { cwd: dir })]
    if (before !== after) throw new Error(`the listings differ:\n${firstDifference(before, after)}`)
    await must(`diff -r --no-dereference --exclude fifo '${scratch}/tree' '${dir}'`)
  },

  async rsync(dir, scratch) {
    const tree = join(scratch, 'tree')
    makeTree(tree, { seed: 7 })
    await must(`ln -s d1 link; ln "$(find . -type f | head -1)" hard`, { cwd: tree })
    await must(`rsync -aHAX '${tree}/' '${dir}/'`)
    await must(`diff -r --no-dereference '${tree}' '${dir}'`)
    const again = await must(`rsync -aHAXi --checksum '${tree}/' '${dir}/'`)
    if (again !== '') throw new Error(`a second run finds differences:\n${again.slice(0, 500)}`)
    await must(`rm -r d3; echo more >> hard; mv d4 moved`, { cwd: tree })
    await must(`rsync -aH --delete --inplace '${tree}/' '${dir}/' && diff -r --no-dereference '${tree}' '${dir}'`)
    await must(`rsync -a '${dir}/' '${scratch}/back/' && diff -r --no-dereference '${tree}' '${scratch}/back'`)
  },
}

function firstDifference(a, b) {
  const [x, y] = [a.split('\n'), b.split('\n')]
  const i = x.findIndex((line, k) => line !== y[k])
  return `- ${x[i]}\n+ ${y[i]}`
}
