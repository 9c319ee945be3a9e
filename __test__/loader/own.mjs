// A worker that has a mount of its own, under the name that its siblings use too.
import { parentPort, workerData } from 'node:worker_threads'

import { patchNodeFs, RAMResource, Workspace } from '@mirage/node-native'

const ws = new Workspace({ '/own': new RAMResource() }, { mode: 'write' })
if (process.argv[2] === 'patch') patchNodeFs(ws)
await ws.fs.writeFile('/own/m.mjs', `export default ${workerData}`)
parentPort.postMessage('ready')
parentPort.once('message', async () => parentPort.postMessage((await import('/own/m.mjs')).default))
