// One measurement in a process of its own: node one.mjs SYSTEM TASK. Sends the figures to its parent.
import { systems } from './systems.mjs'
import { tasks } from './tasks.mjs'

const [, , system, name] = process.argv
const cpu = (since) => {
  const { user, system: sys } = process.cpuUsage(since)
  return (user + sys) / 1000
}

if (name === '@startup') {
  const start = performance.now()
  const used = process.cpuUsage()
  const s = await systems[system]([])
  await s.run('echo hi')
  process.send({ wall: performance.now() - start, cpu: cpu(used), rss: process.memoryUsage.rss() / 2 ** 20 })
} else if (name === '@fs') {
  const s = await systems[system]([])
  const n = 5000
  const body = Buffer.alloc(1024, 'x')
  const result = {}
  for (const [op, call] of [
    ['writeFile', (i) => s.fs.writeFile(`/w/f${i % 100}`, body)],
    ['readFile', (i) => s.fs.readFile(`/w/f${i % 100}`)],
    ['stat', (i) => s.fs.stat(`/w/f${i % 100}`)],
  ]) {
    for (let i = 0; i < 500; i++) await call(i)
    const start = performance.now()
    const used = process.cpuUsage()
    for (let i = 0; i < n; i++) await call(i)
    result[op] = { wall: ((performance.now() - start) / n) * 1000, cpu: (cpu(used) / n) * 1000 }
  }
  process.send(result)
} else if (name === '@abort') {
  const s = await systems[system]([])
  const { Workspace, RAMResource } = await import('../dist/index.mjs')
  await s.close()
  const ws = new Workspace({ '/w': new RAMResource() }, { mode: 'write' })
  const times = []
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController()
    const running = ws.execute('while :; do :; done', { signal: controller.signal }).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 20))
    const start = performance.now()
    controller.abort()
    await running
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  process.send({ median: times[10], worst: times.at(-1) })
} else {
  const task = tasks[name]
  Object.assign(process.env, task.env)
  const s = await systems[system](task.input())
  for (let i = 0; i < (task.warm ?? 0); i++) await s.run(task.script)
  // The longest time the event loop was not free while the line ran.
  let last = performance.now()
  let stall = 0
  const timer = task.stall
    ? setInterval(() => {
        const now = performance.now()
        stall = Math.max(stall, now - last - 1)
        last = now
      }, 1)
    : undefined
  await new Promise((resolve) => setTimeout(resolve, 5))
  stall = 0
  last = performance.now()
  const repeat = task.repeat ?? 1
  const start = performance.now()
  const used = process.cpuUsage()
  let result
  let childCpu = 0
  for (let i = 0; i < repeat; i++) {
    result = await s.run(task.script)
    childCpu += result.cpuMs ?? 0
  }
  const wall = performance.now() - start
  const own = cpu(used)
  stall = Math.max(stall, performance.now() - last - 1)
  clearInterval(timer)
  process.send({
    wall: wall / repeat,
    cpu: (s.childTimes ? childCpu : own) / repeat,
    stall: task.stall ? stall : undefined,
    rss: process.resourceUsage().maxRSS / 1024,
    out: String(result.stdoutText ?? result.stdout)
      .trim()
      .slice(0, 60),
    code: result.exitCode,
  })
}
process.disconnect()
process.exit(0)
