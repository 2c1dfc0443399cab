import { type SpawnOptions, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Duration, formatDuration } from './duration.ts'

export type CommandOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
  readonly within?: Duration
  readonly signal?: AbortSignal | undefined
  /** Called with every line of either stream, for progress. */
  readonly onLine?: (line: string) => void
}

const KEPT_LINES = 20

/**
 * Runs one program without a shell and gives its standard output.
 * @throws {CommandFailed} on a non-zero exit code, a signal, a missing program or a passed limit.
 */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, input, within, signal, onLine }: CommandOptions = {},
): Promise<string> {
  signal?.throwIfAborted()
  const options: SpawnOptions = { stdio: ['pipe', 'pipe', 'pipe'], detached: true }
  if (cwd !== undefined) options.cwd = cwd
  if (env !== undefined) options.env = { ...process.env, ...env }
  const child = spawn(program, args, options)
  const output: string[] = []
  const lastLines: string[] = []
  const keep = (line: string) => {
    lastLines.push(line)
    if (lastLines.length > KEPT_LINES) lastLines.shift()
    onLine?.(line)
  }
  // The whole process group goes: a build that is stopped must not leave its compilers behind.
  const stop = () => {
    if (child.pid !== undefined) killGroup(child.pid)
  }
  let timedOut = false
  const timer =
    within === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          stop()
        }, within.ms)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const closed = new Promise<number | string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, killedBy) => resolve(code ?? killedBy ?? 'unknown'))
    })
    child.stdin?.on('error', () => {}) // the program may end before it has read its input
    child.stdin?.end(input ?? '')
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        output.push(line)
        keep(line)
      })
    }
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', keep)
    const exit = await closed.catch((cause) => {
      throw new CommandFailed(program, args, 'could not start', [], cause)
    })
    signal?.throwIfAborted()
    if (timedOut && within !== undefined) {
      throw new CommandFailed(program, args, `no end after ${formatDuration(within)}`, lastLines)
    }
    if (exit !== 0) throw new CommandFailed(program, args, exit, lastLines)
    return output.join('\n')
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  readonly program: string
  readonly exit: number | string
  readonly lastLines: readonly string[]

  constructor(
    program: string,
    args: readonly string[],
    exit: number | string,
    lastLines: readonly string[],
    cause?: unknown,
  ) {
    const shown = [program, ...args.slice(0, 3)].join(' ')
    const how = typeof exit === 'number' ? `failed with exit code ${exit}` : `failed: ${exit}`
    super(`${shown} ${how}: ${lastLines.at(-1) ?? 'no output'}`, { cause })
    this.program = program
    this.exit = exit
    this.lastLines = lastLines
  }
}
