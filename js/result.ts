/** {@link ExecuteResult}: how a line ended. */

const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

/** What a line printed, and its exit status. */
export class ExecuteResult {
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** 0 to 255. */
  readonly exitCode: number

  constructor(stdout: Buffer, stderr: Buffer, exitCode: number) {
    this.stdout = stdout
    this.stderr = stderr
    this.exitCode = exitCode
  }

  /** Standard output as UTF-8; invalid bytes become U+FFFD. */
  get stdoutText(): string {
    return text(this.stdout)
  }

  /** Standard error as UTF-8; invalid bytes become U+FFFD. */
  get stderrText(): string {
    return text(this.stderr)
  }
}
