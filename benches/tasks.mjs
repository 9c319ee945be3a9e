// What is measured. `input` makes the files, `script` is the line; `repeat` runs it that often in one timing.
import { jsonLines, log, tree } from './data.mjs'

const MB = 1 << 20
const text = (mb) => () => [['/w/log.txt', log(mb * MB)]]
const nothing = () => []

export const tasks = {
  'echo hi, warm (per call)': { input: nothing, script: 'echo hi', repeat: 2000, warm: 200, skip: ['gnu'] },
  'echo | cat | cat (per call)': { input: nothing, script: 'echo hi | cat | cat', repeat: 500, warm: 50, skip: ['gnu'] },
  'loop of 1000 echos': { input: nothing, script: 'for i in $(seq 1 1000); do echo line $i; done | wc -l' },
  'while, 100 000 rounds': { input: nothing, script: 'i=0; s=0; while ((i<100000)); do ((s+=i,i++)); done; echo $s' },
  'recursive fib 14 with $( )': {
    input: nothing,
    script: 'fib() { if [ $1 -lt 2 ]; then echo $1; else echo $(( $(fib $(($1-1))) + $(fib $(($1-2))) )); fi; }; fib 14',
  },
  'grep -c, 50 MB': { input: text(50), script: 'grep -c ALERT log.txt', stall: true },
  'grep -cE, 50 MB': { input: text(50), script: "grep -cE 'user[0-9]+7 9[0-9]+ (ok|ALERT)' log.txt" },
  'grep -ci, 50 MB': { input: text(50), script: 'grep -ci alert log.txt' },
  'wc -l, 50 MB': { input: text(50), script: 'wc -l < log.txt' },
  'cat | wc -c, 50 MB': { input: text(50), script: 'cat log.txt | wc -c' },
  'tail -n 1, 50 MB': { input: text(50), script: 'tail -n 1 log.txt | wc -c' },
  'head -1 of a pipe, 50 MB': { input: text(50), script: 'cat log.txt | head -n 1 | wc -c' },
  "cut -d' ' -f3, 50 MB": { input: text(50), script: "cut -d' ' -f3 log.txt | wc -c" },
  'sort, 10 MB': { input: text(10), script: 'sort log.txt | tail -n 1 | wc -c', env: { LC_ALL: 'C' } },
  'sort -k4,4, 10 MB': { input: text(10), script: 'sort -k4,4 log.txt | tail -n 1 | wc -c' },
  'cut|sort|uniq -c|sort -rn, 10 MB': { input: text(10), script: "cut -d' ' -f4 log.txt | sort | uniq -c | sort -rn | head -n 1 | wc -l" },
  'tr a-z A-Z, 50 MB': { input: text(50), script: 'tr a-z A-Z < log.txt | wc -c' },
  'sed s///, 50 MB': { input: text(50), script: "sed 's/user\\([0-9]*\\)/U<\\1>/' log.txt | wc -c" },
  'awk sum, 50 MB': { input: text(50), script: "awk '{s+=$5} END{print s}' log.txt" },
  'awk count by key, 50 MB': { input: text(50), script: "awk '{c[$4]++} END{n=0; for(k in c) n++; print n}' log.txt" },
  'jq -r .user.name, 4000 lines': { input: () => [['/w/j', jsonLines(4000)]], script: 'jq -r .user.name j | wc -l' },
  'jq select+add, 100 000 lines': {
    input: () => [['/w/j', jsonLines(100_000)]],
    script: "jq -n '[inputs | select(.v > 500) | .v] | add' j",
  },
  'sha256sum, 50 MB': { input: text(50), script: 'sha256sum log.txt | cut -c1-16' },
  'gzip -c, 10 MB': { input: text(10), script: 'gzip -c log.txt | gzip -dc | wc -c' },
  'grep -rl, 1000 files of 10 KB': { input: () => tree(1000, 10_000), script: 'grep -rl ALERT t | wc -l' },
  'find -name, 5000 files': { input: () => tree(5000, 100), script: "find . -name '*7.txt' | wc -l" },
  'ls -R, 5000 files': { input: () => tree(5000, 100), script: 'ls -R t | wc -l' },
  'seq 1e8 | head -1': { input: nothing, script: 'seq 1 100000000 | head -n 1' },
  'yes | head -c 200 MB | wc -c': { input: nothing, script: 'yes | head -c 200000000 | wc -c' },
}
