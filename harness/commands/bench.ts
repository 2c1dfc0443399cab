import { Argument, Command, Option } from 'commander'
import type { Measure } from '../../bench/arms.ts'
import type { BenchOptions } from '../../bench/with-stage.ts'
import { Interrupted } from '../interrupted.ts'
import { EXIT } from '../objectives/exit-code.ts'
import { stopOnSignals } from './signals.ts'

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Measure>>> = {
  boot: async (options) => (await import('../../bench/boot.ts')).benchBoot(options),
  crash: async (options) => (await import('../../bench/crash.ts')).benchCrash(options),
  kills: async (options) => (await import('../../bench/kills.ts')).benchKills(options),
  probe: async (options) => (await import('../../bench/probe.ts')).benchProbe(options),
  'probe-effect': async (options) =>
    (await import('../../bench/probe-effect.ts')).benchProbeEffect(options),
  restore: async (options) => (await import('../../bench/restore.ts')).benchRestore(options),
  run: async (options) => (await import('../../bench/run.ts')).benchRun(options),
  snapshot: async (options) => (await import('../../bench/snapshot.ts')).benchSnapshot(options),
}

type Flags = {
  readonly product: BenchOptions['product']
  readonly repeat: number
  readonly json: boolean
}

/** `bench`: ratios of two arms, interleaved in one run. Reported, never asserted. */
export function benchCommand(finish: (exitCode: number) => void): Command {
  return new Command('bench')
    .description('measure two ways against each other, in turns, in one run')
    .addArgument(new Argument('[name...]', 'which').choices(Object.keys(BENCHES)))
    .addOption(
      new Option('--product <product>', 'which server')
        .choices(['openbao', 'vault'])
        .default('openbao'),
    )
    .addOption(new Option('--repeat <n>', 'repetitions of each arm').default(10).argParser(Number))
    .option('--json', 'one JSON document on standard output', false)
    .action(async (names: readonly string[], { product, repeat, json }: Flags) => {
      const stopping = stopOnSignals(say)
      const wanted = names.length === 0 ? Object.keys(BENCHES) : names
      for (const name of wanted) {
        const bench = BENCHES[name] as (options: BenchOptions) => Promise<Measure>
        const result = await bench({ product, n: repeat, signal: stopping.signal, say })
        print(json ? JSON.stringify(result, null, 2) : told(result))
      }
      stopping.forget()
      finish(stoppedBy(stopping.signal) ?? EXIT.passed)
    })
}

/** What was measured until then has been printed; it is still no whole bench. */
const stoppedBy = ({ reason }: AbortSignal): number | undefined =>
  reason instanceof Interrupted ? reason.exitCode : undefined

function told({ name, goal, ratio, arms, n, unit = 'ms', more = [] }: Measure): string {
  const { ours, theirs } = arms
  if (n === 0)
    return [`${name}: nothing could be measured, goal ${goal}`, ...more.map(told)].join('\n')
  const line = `${name}: ${ours.name} ${ours.median.toFixed(0)} ${unit} : ${theirs.name} ${theirs.median.toFixed(0)} ${unit} = ${ratio.value.toFixed(3)} (95 %: ${ratio.lo.toFixed(3)}–${ratio.hi.toFixed(3)}), n = ${n} each, goal ${goal}`
  return [line, ...more.map(told)].join('\n')
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
