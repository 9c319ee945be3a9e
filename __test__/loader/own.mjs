// A worker that has a mount of its own, under the name that its siblings use too.
import { parentPort, workerData } from 'node:worker_threads'

import { RAMResource, Workspace } from '@mirage/node-native'

const ws = new Workspace({ '/own': new RAMResource() }, { mode: 'write' })
await ws.fs.writeFile('/own/m.mjs', `export default ${workerData}`)
parentPort.postMessage('ready')
parentPort.once('message', async () => parentPort.postMessage((await import('/own/m.mjs')).default))
