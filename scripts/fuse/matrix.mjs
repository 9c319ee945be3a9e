// Does a program see the file that is there? 120 cases (a tool on a file), on files whose size is known and on files whose size
// nobody knows before they are read, under each policy for the latter. What a case must print is what the same command prints
// on a real file system.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { inParallel, run } from './run.mjs'

/** 300 MiB and a bit: more than fits in what `open` fetches, and no multiple of anything. */
const BIG = (300 << 20) + 123

/** Makes the files of the matrix. */
export function makeFiles(dir) {
  const write = (name, data, mode = 0o644) => writeFileSync(join(dir, name), data, { mode })
  write('empty.txt', '')
  write('small.json', '{"a":1,"b":[true,null]}\n')
  const exactly = (length, text) => text.slice(0, -2) + ' '.repeat(length - text.length) + text.slice(-2)
  write('page.json', exactly(4096, `${JSON.stringify({ page: 'x'.repeat(3000) })}\n`))
  const list = []
  for (let i = 0, size = 0; size < 2_900_000; i++)
    size += list[list.push({ id: i, text: `needle-${i % 100}, row ${i * 7919}` }) - 1].text.length + 24
  write('mid.json', exactly(3_000_001, `${JSON.stringify(list)}\n`.slice(0, 3_000_001)))
  const rows = []
  for (let i = 0, size = 0; size < 10_000_000; i++)
    size += rows[rows.push(`{"row":${i},"text":"number ${i % 1000} of many","x":"${(i * 2654435761) % 1e9}"}`) - 1].length + 1
  write('data.jsonl', `${rows.join('\n')}\n`)
  write('mod.mjs', 'export const answer = 42\nexport default () => `from ${"a module"}`\n')
  write('mod.cjs', 'exports.answer = 42\n')
  write('pkg.json', '{"name":"x","version":"1.2.3"}\n')
  write('script.sh', 'x=1\nfor i in 1 2 3; do x=$((x * 2 + i)); done\necho $x\n')
  const big = Buffer.allocUnsafe(BIG)
  for (let i = 0, state = 1; i < BIG; i += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    big.writeInt32LE(state, Math.min(i, BIG - 4))
  }
  write('big.bin', big)
  execFileSync('sqlite3', [
    join(dir, 'data.db'),
    `CREATE TABLE t(n INTEGER PRIMARY KEY, s TEXT);
     WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) INSERT INTO t SELECT x, 'text ' || x FROM c;`,
  ])
}

const SMALL = ['small.json', 'page.json', 'mid.json', 'empty.txt']
const ALL = [...SMALL, 'big.bin']
const TWO = ['small.json', 'mid.json']
const JSON_FILES = ['small.json', 'mid.json', 'page.json']

/** Prints length and digest of a Buffer. */
const SHOW = `const show = (b) => console.log(b.length, require('crypto').createHash('sha1').update(b).digest('hex'));`
const node = (code) => `node --no-warnings -e "${`const fs = require('fs');${SHOW}${code}`.replace(/["$`\\]/g, '\\$&')}"`
const python = (code) => `python3 -c "${code.replace(/["$`\\]/g, '\\$&')}"`

// `F` is the file, `N` its name, `D` its directory, `R` the directory of the real files, `T` an empty scratch directory.
// A case that only asks for a size, before anybody opened the file, is of the group `stat`: with the policies that fetch nothing
// for a stat it cannot be right, and docs/kernel-mount.md says so.
const CASES = [
  ['cat', 'cat F | sha1sum', ALL],
  ['wc -c <', 'wc -c < F', ALL],
  ['wc -c', 'wc -c F | cut -d" " -f1', ALL],
  ['wc -l', 'wc -l < F', ['data.jsonl']],
  ['head -c', 'head -c 100 F | sha1sum', ['mid.json', 'big.bin']],
  ['tail -c', 'tail -c 100 F | sha1sum', ['small.json', 'mid.json', 'big.bin']],
  ['tail -n', 'tail -n 3 F', ['data.jsonl']],
  ['grep -c', 'grep -c "number 777 " F', ['data.jsonl']],
  ['grep -o', 'grep -o "needle-5," F | wc -l', ['mid.json']],
  ['jq', 'jq -c length F', JSON_FILES],
  ['awk', "awk 'END { print NR }' F", ['data.jsonl']],
  ['sort', 'sort -r F | sha1sum', ['data.jsonl']],
  ['sha256sum', 'sha256sum < F', ['mid.json', 'big.bin']],
  ['cmp', 'cmp F R/N && echo same', ['small.json', 'mid.json', 'big.bin']],
  ['diff', 'diff -q F R/N && echo same', ['small.json', 'data.jsonl']],
  ['cp', 'cp F T/o && sha1sum < T/o', ['small.json', 'page.json', 'mid.json', 'big.bin']],
  ['dd', 'dd if=F bs=1M status=none | sha1sum', ['mid.json', 'big.bin']],
  ['dd direct', 'dd if=F bs=1M iflag=direct status=none | sha1sum', ['mid.json']],
  ['rsync', 'rsync -a F T/o && sha1sum < T/o', TWO],
  ['tar', 'tar -C D -cf - N | tar -xOf - | sha1sum', TWO, 'stat'],
  [
    'zip',
    `${python("import zipfile; z = zipfile.ZipFile('T/z', 'w'); z.write('F', 'N'); z.close(); print(len(zipfile.ZipFile('T/z').read('N')))")}`,
    TWO,
  ],
  ['gzip', 'gzip -c F | gunzip | sha1sum', TWO],
  ['git hash-object', 'git hash-object F', TWO],
  ['curl', 'curl -s file://F | sha1sum', TWO],
  ['rg', 'rg -c "number 777 " F', ['data.jsonl']],
  ['rg --mmap', 'rg --mmap -c "number 777 " F', ['data.jsonl']],
  ['rg in a directory', 'cd D && rg -c "number 777 " -g data.jsonl .', ['data.jsonl']],
  ['stat', 'stat -c %s F', TWO, 'stat'],
  ['cat, then stat', 'cat F > /dev/null; stat -c %s F', TWO],
  ['fstat', python("import os; print(os.fstat(os.open('F', 0)).st_size)"), TWO],
  ['lseek to the end', python("import os; print(os.lseek(os.open('F', 0), 0, 2))"), TWO],
  ['Python read', python("import hashlib; b = open('F', 'rb').read(); print(len(b), hashlib.sha1(b).hexdigest())"), ALL],
  ['Python json', python("import json; print(len(json.load(open('F'))))"), TWO],
  [
    'Python mmap',
    python(
      "import mmap, hashlib; f = open('F', 'rb'); m = mmap.mmap(f.fileno(), 0, prot=1); print(len(m), hashlib.sha1(m[:]).hexdigest())",
    ),
    TWO,
  ],
  ['Python copyfile', `${python("import shutil; shutil.copyfile('F', 'T/o')")} && sha1sum < T/o`, TWO],
  ['Python pread', python("import os; print(len(os.pread(os.open('F', 0), 4096, 2999000)))"), ['mid.json']],
  ['sqlite3', 'sqlite3 -readonly F "select count(*), max(s) from t"', ['data.db']],
  ['bash', 'bash F; echo $?', ['script.sh']],
  ['less', 'less --quit-if-one-screen F | head -c 50', ['small.json']],
  ['xxd', 'xxd F | sha1sum', ['small.json']],
  ['file', 'file -b F', ['small.json'], 'stat'],
  ['readFileSync', node("show(fs.readFileSync('F'))"), ALL],
  ['readFileSync, parse', node("console.log(JSON.stringify(JSON.parse(fs.readFileSync('F', 'utf8'))).length)"), JSON_FILES],
  ['promises.readFile', node("fs.promises.readFile('F').then(show)"), ALL],
  [
    'promises.readFile, parse',
    node("fs.promises.readFile('F', 'utf8').then((t) => console.log(JSON.stringify(JSON.parse(t)).length))"),
    JSON_FILES,
  ],
  ['readFile', node("fs.readFile('F', (e, b) => show(b))"), ALL],
  [
    'createReadStream',
    node(
      "const h = require('crypto').createHash('sha1'); let n = 0; fs.createReadStream('F').on('data', (d) => { n += d.length; h.update(d) }).on('end', () => console.log(n, h.digest('hex')))",
    ),
    ['small.json', 'mid.json', 'big.bin'],
  ],
  ['import', `node --input-type=module -e "import d, { answer } from 'file://F'; console.log(answer, d())"`, ['mod.mjs']],
  ['require', node("console.log(require('F').answer)"), ['mod.cjs']],
  ['require json', node("console.log(JSON.stringify(require('F')).length)"), ['pkg.json', 'mid.json']],
  [
    'import json',
    `node --no-warnings --input-type=module -e "import d from 'file://F' with { type: 'json' }; console.log(JSON.stringify(d))"`,
    ['pkg.json'],
  ],
  ['run', 'node F && echo ran', ['mod.mjs']],
  ['copyFileSync', `${node("fs.copyFileSync('F', 'T/o')")} && sha1sum < T/o`, TWO],
  ['openAsBlob', node("fs.openAsBlob('F').then((b) => b.text()).then((t) => console.log(t.length))"), TWO, 'stat'],
  ['FileHandle.readFile', node("fs.promises.open('F').then(async (f) => show(await f.readFile()))"), TWO],
  [
    'FileHandle.readLines',
    node("fs.promises.open('F').then(async (f) => { let n = 0; for await (const l of f.readLines()) n++; console.log(n) })"),
    ['data.jsonl'],
  ],
].flatMap(([name, command, files, group = 'content']) => files.map((file) => ({ name, command, file, group })))

const fill = (command, places) => command.replace(/(?<![A-Za-z_.])[FNDRT](?![A-Za-z_(%])/g, (letter) => places[letter])

async function one({ command, file }, dir, reference, scratch) {
  mkdirSync(scratch)
  const line = fill(command, { F: join(dir, file), N: file, D: dir, R: reference, T: scratch })
  const r = await run(line, { seconds: 60, env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  rmSync(scratch, { recursive: true, force: true })
  const printed = r.stdout.replaceAll(dir, reference).slice(0, 4000)
  return { shown: `${r.timedOut ? 'time limit' : r.code}: ${printed}`, stderr: r.stderr.slice(-200), seconds: r.seconds }
}

/**
 * Runs the matrix on the files of `reference` as `place(n)` shows them: a directory where nobody has opened them yet, another one
 * for each case. `expected` is what an earlier run on the reference gave.
 * @returns for each case `{ name, file, group, ok, got, want }`
 */
export async function matrix(place, reference, scratch, { width = 2, expected, filter = () => true } = {}) {
  return inParallel(
    width,
    CASES.map((c, i) => async () => {
      if (!filter(c)) return undefined
      const r = await one(c, place(i), reference, join(scratch, `case${i}`))
      const want = expected === undefined ? r.shown : expected[i].got
      return { ...c, got: r.shown, want, ok: r.shown === want, stderr: r.stderr, seconds: r.seconds }
    }),
  )
}
