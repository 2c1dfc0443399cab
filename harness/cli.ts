import { Command, CommanderError } from 'commander'
import { UnknownScenario } from './catalogue.ts'
import type { FaultRow } from './commands/list.ts'
import { EXIT } from './objectives/exit-code.ts'

/**
 * The one command. Each verb is a file in `commands/` and is loaded only when it is asked for:
 * judging and listing must neither wait for the Docker client nor need it.
 */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.ts')).runCommand(finish),
  test: async () => (await import('./commands/test.ts')).testCommand(finish),
  list: async () => (await import('./commands/list.ts')).listCommand(listFaults),
  coverage: async () => (await import('./commands/coverage.ts')).coverageCommand(finish),
  judge: async () => (await import('./commands/record.ts')).judgeCommand(finish),
  report: async () => (await import('./commands/record.ts')).reportCommand(finish),
  selftest: async () => (await import('./commands/selftest.ts')).selftestCommand(finish),
  snapshot: async () => (await import('./commands/snapshot.ts')).snapshotCommand(finish),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(finish),
  images: async () => (await import('./commands/images.ts')).imagesCommand(),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(finish),
  up: async () => (await import('./commands/up.ts')).upCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  inject: async () => (await import('./commands/inject.ts')).injectCommand(finish),
  heal: async () => (await import('./commands/heal.ts')).healCommand(finish),
  down: async () => (await import('./commands/down.ts')).downCommand(),
  sweep: async () => (await import('./commands/sweep.ts')).sweepCommand(),
}

/** Only faults depend on the engine: the other lists do without its client. */
async function listFaults(): Promise<readonly FaultRow[]> {
  return (await import('./commands/list-faults.ts')).faultRows()
}

function finish(exitCode: number): void {
  process.exitCode = exitCode
}

async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('drill')
    .description('a test and chaos harness for the resilience of Vault and OpenBao clusters')
    .showHelpAfterError('(./drill --help says more)')
    .exitOverride()
  const wanted = argv[0]
  const load = wanted === undefined ? undefined : VERBS[wanted]
  const verbs = load === undefined ? Object.values(VERBS) : [load]
  for (const verb of verbs) program.addCommand(inheriting(program, await verb()))
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    process.exitCode = explain(error)
  }
}

/** Sub-commands throw instead of leaving the process, so that the exit code is ours. */
function inheriting(program: Command, command: Command): Command {
  command.copyInheritedSettings(program)
  for (const child of command.commands) inheriting(command, child)
  return command
}

/** One sentence on standard error, and the exit code that belongs to it. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has printed its own message; asking for help is no error.
    return error.exitCode === 0 ? EXIT.passed : EXIT.usage
  }
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${message}\n`)
  if (error instanceof UnknownScenario) return EXIT.usage
  const own = (error as { exitCode?: unknown }).exitCode
  if (typeof own === 'number') return own
  if (isExpected(error)) return EXIT.infrastructure
  if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`)
  return EXIT.infrastructure
}

/** An operating error of ours says everything in its message; of a bug one wants the stack. */
const isExpected = (error: unknown): boolean =>
  error instanceof Error &&
  !['Error', 'TypeError', 'ReferenceError', 'AssertionError'].includes(error.name)

await main(process.argv.slice(2))
// All is done and written; a connection whose other end was removed must not hold the process.
process.exit()
