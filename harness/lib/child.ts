import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { type Duration, formatDuration } from './duration.ts'

/** What a child says is told apart by `said`; what it is told is its own affair. */
type Said = { readonly said: string }

export type ChildOptions<FromChild extends Said> = {
  /** As people read it in messages: `probe`. */
  readonly name: string
  readonly module: URL
  /** The scheduler shall prefer it, where we have the right to ask for that. */
  readonly isUrgent?: boolean
  readonly onMessage?: (message: FromChild) => void
  /** The child ended without being allowed to. Asked for, so that nobody can overlook it. */
  readonly onDeath: (death: ChildDied) => void
}

const KEPT_LINES = 20
/** As `nice` counts: -20 is the most urgent. */
const URGENT = -20

type Pending = {
  readonly said: string
  readonly resolve: (message: Said) => void
  readonly reject: (error: Error) => void
}

/**
 * A long-lived Node process of our own, with typed messages over a private channel (its other
 * end is `parent.ts`). It gets none of our environment and no arguments: what it needs, secrets too, it
 * is told. It leads a process group of its own, because Ctrl-C at a terminal is for the parent,
 * which then decides what its children still have to do.
 */
export class Child<ToChild extends object, FromChild extends Said> {
  readonly name: string
  readonly pid: number
  /** Settles when the process is gone, however it went. */
  readonly gone: Promise<void>
  readonly #process: ChildProcess
  readonly #lastLines: string[] = []
  readonly #pending = new Set<Pending>()
  #death: ChildDied | undefined
  #mayEnd = false

  /** @throws when the process cannot be started at all. */
  constructor({ name, module, isUrgent = false, onMessage, onDeath }: ChildOptions<FromChild>) {
    this.name = name
    this.#process = fork(module, [], {
      env: compiledCode(),
      execArgv: [],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const { pid, stdout, stderr } = this.#process
    if (pid === undefined) throw new Error(`${name} could not be started`)
    this.pid = pid
    // Now, before it has threads: on Linux each thread has a priority of its own and inherits it.
    if (isUrgent) preferInScheduling(pid)
    for (const stream of [stdout, stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#keep(line))
    }
    this.#process.on('message', (message) => {
      const heard = message as FromChild & { readonly message?: string }
      if (heard.said === 'failed') return this.#keep(heard.message ?? 'it failed')
      for (const pending of this.#pending) {
        if (pending.said !== heard.said) continue
        this.#pending.delete(pending)
        pending.resolve(heard)
        break
      }
      onMessage?.(heard)
    })
    this.#process.on('error', (error) => this.#keep(error.message))
    // `close` comes after the last message and the last line; `exit` may overtake them.
    this.gone = new Promise((resolve) => {
      this.#process.once('close', (code, signal) => {
        this.#death = new ChildDied(name, pid, code ?? signal ?? 'unknown', this.#lastLines)
        for (const { reject } of this.#pending) reject(this.#death)
        this.#pending.clear()
        if (!this.#mayEnd) onDeath(this.#death)
        resolve()
      })
    })
  }

  /** @throws {ChildDied} when there is nobody any more to be told. */
  tell(message: ToChild): void {
    if (this.#death !== undefined) throw this.#death
    // A child that dies at this moment is reported by its `close`, with the better message.
    this.#process.send(message, () => {})
  }

  /**
   * Tells and waits for the first message of a kind.
   * @throws {ChildDied} when it dies first, or an error when it says nothing within the limit.
   */
  ask<K extends FromChild['said']>(
    message: ToChild,
    { said, within }: { said: K; within: Duration },
  ): Promise<Extract<FromChild, { readonly said: K }>> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer)
        this.#pending.delete(pending)
      }
      const pending: Pending = {
        said,
        resolve: (heard) => {
          settle()
          resolve(heard as Extract<FromChild, { readonly said: K }>)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
      const timer = setTimeout(
        () =>
          pending.reject(
            new Error(`${this.name} did not say "${said}" within ${formatDuration(within)}`),
          ),
        within.ms,
      )
      this.#pending.add(pending)
      try {
        this.tell(message)
      } catch (error) {
        pending.reject(error as Error)
      }
    })
  }

  /** From now on its end is no death. */
  allowEnd(): void {
    this.#mayEnd = true
  }

  /** SIGKILL. Its death is reported unless it is gone already. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }

  #keep(line: string): void {
    this.#lastLines.push(line)
    if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift()
  }
}

/** Where Node keeps compiled code, if it does: a process that finds it starts in half the time. */
function compiledCode(): NodeJS.ProcessEnv {
  const directory = getCompileCacheDir()
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) }
}

function preferInScheduling(pid: number): void {
  try {
    setPriority(pid, URGENT)
    // Linux groups tasks by session for scheduling, and inside its own group a lone process has
    // nobody to be preferred to: the group has a nice value of its own.
    writeFileSync(`/proc/${pid}/autogroup`, String(URGENT))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Without the right it runs as everybody does; its lateness is measured in any case.
    if (!['ERR_SYSTEM_ERROR', 'ENOENT', 'EPERM', 'EACCES', 'EAGAIN'].includes(code ?? ''))
      throw error
  }
}

export class ChildDied extends Error {
  override readonly name = 'ChildDied'
  readonly child: string
  readonly pid: number
  /** Exit code, or the name of the signal. */
  readonly exit: number | string
  readonly lastLines: readonly string[]

  constructor(child: string, pid: number, exit: number | string, lastLines: readonly string[]) {
    const how = typeof exit === 'number' ? `ended with exit code ${exit}` : `was ended by ${exit}`
    // Node prints its version last, which is not why it died.
    const told = lastLines.findLast((line) => /^\w*Error\b/.test(line)) ?? lastLines.at(-1)
    super(`${child} (pid ${pid}) ${how}: ${told ?? 'it said nothing'}`)
    this.child = child
    this.pid = pid
    this.exit = exit
    this.lastLines = lastLines
  }
}
