import { RAMResource, Workspace } from '@mirage/node-native'

const ws = new Workspace({ '/ram': new RAMResource() }, { mode: 'write' })
await ws.fs.writeFile('/ram/log.txt', 'ok\nALERT disk\nok\nALERT net\n')
const { stdoutText, exitCode } = await ws.execute('grep -c ALERT /ram/log.txt')
console.log(stdoutText.trim(), exitCode)
await ws.close()
