/** The history of lines. */
import type { native } from './native.js'

type Native = InstanceType<typeof native.NativeWorkspace>

/** A line that was run. */
export interface HistoryEvent {
  type: 'command'
  agent: string
  session: string
  /** Milliseconds since the epoch. */
  timestamp: number
  cwd: string
  command: string
  exitCode: number
  /** At most 4096 bytes. */
  stdout: string
}

/** The history: call it for a promise of the events, or use `entries()` and `clear()`. */
export interface History {
  (): Promise<HistoryEvent[]>
  /** The events, oldest first. */
  entries(): HistoryEvent[]
  /** Forgets everything. */
  clear(): void
}

/** Makes the callable history of a workspace. */
export function historyOf(workspace: Native): History {
  const entries = (): HistoryEvent[] => workspace.history() as unknown as HistoryEvent[]
  return Object.assign(async () => entries(), { entries, clear: () => workspace.clearHistory() })
}
