import type { Command } from 'commander'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { downCommand } from './down.ts'
import { injectCommand } from './inject.ts'
import { listCommand } from './list.ts'
import { runCommand } from './run.ts'
import { testCommand } from './test.ts'
import { upCommand } from './up.ts'

/** What the parsers of the command line refuse, before anything is started. */
beforeEach(() => {
  vi.stubEnv('DOCKER_HOST', 'unix:///nonexistent')
  return () => vi.unstubAllEnvs()
})

async function parse(command: Command, line: string): Promise<void> {
  command.exitOverride().configureOutput({ writeErr: () => {} })
  await command.parseAsync(line.split(' ').slice(1), { from: 'user' })
}

const finish = vi.fn()
const COMMANDS: Readonly<Record<string, () => Command>> = {
  run: () => runCommand(finish),
  list: () => listCommand(async () => []),
  up: () => upCommand(),
  inject: () => injectCommand(finish),
  down: () => downCommand(),
  test: () => testCommand(finish),
}

describe('is refused:', () => {
  test.each([
    ['run leader-crush', 'there is no scenario "leader-crush"; did you mean leader-crash?'],
    ['run leader-handover:sigtrem', 'variant of leader-handover "sigtrem"; did you mean sigterm?'],
    ['run --suite smok', 'there is no suite "smok"; did you mean '],
    ['run --var rto=5', '"5" is not a duration; write a number and a unit'],
    ['run --var rto=-5s', '"-5s" is not a duration'],
    ['run --var rto', 'write it as name=duration, such as rto=500ms'],
    ['run --var =5s', 'write it as name=duration, such as rto=500ms'],
    ['run --var rto=5s=6s', 'write it as name=duration, such as rto=500ms'],
    [
      'run leader-crash --var rot=5s',
      '--var rot: no selected scenario has an objective with that limit, or a part of that length; there is rto',
    ],
    [
      'run kv-lifecycle --var rto=5s',
      '--var rto: no selected scenario has an objective with that limit',
    ],
    ['run --multiplier 3', 'Allowed choices are 1, 5.'],
    ['run --multiplier 1.0', 'Allowed choices are 1, 5.'],
    ['run --product consul', 'Allowed choices are auto, vault, openbao, both.'],
    ['run --tls maybe', 'Allowed choices are on, off.'],
    ['run --repeat 0', 'it is not a number above 0'],
    ['run --repeat 1.5', 'it is not a number above 0'],
    ['run --fast', "unknown option '--fast'"],
    ['list procedures', 'Allowed choices are scenarios, faults.'],
    ['up --for 8', '"8" is not a duration; write a number and a unit'],
    ['up --for 25h', 'a stack is kept for at most 24 h'],
    ['up --nodes 4', 'Allowed choices are 3, 5.'],
    ['up --disk half', 'it is not a number above 0'],
    ['up --audit pipe', 'Allowed choices are small, piped, two, piped-two.'],
    ['inject', "missing required argument 'fault'"],
    ['inject kil', 'there is no fault "kil"; did you mean "kill"?'],
    ['inject kill --set depth', 'write it as name=value, such as latencyMs=200'],
    ['inject kill --set depth=3', 'kill takes no depth; its parameters: none'],
    ['inject kill --for 5', '"5" is not a duration'],
    ['down --all --stack c0ffee', '--stack names one and --all means every stack'],
    [
      'test everything',
      'Allowed choices are check, unit, selftest, contract, scenarios, every-fault.',
    ],
  ])('%s', async (line, message) => {
    const command = COMMANDS[line.split(' ')[0] as string]?.() as Command
    await expect(parse(command, line)).rejects.toThrow(message)
    expect(finish).not.toHaveBeenCalled()
  })
})
