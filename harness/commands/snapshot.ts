import { accessSync, constants, statSync } from 'node:fs'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { EXIT } from '../objectives/exit-code.ts'
import type { Product } from '../vault/product.ts'
import { diffSnapshots, type KeyDifference } from '../vault/snapshot-diff.ts'
import { readSnapshotFacts, SnapshotDamaged, verifySnapshot } from '../vault/snapshot-facts.ts'
import { diffLines, factLines, findingLines } from './snapshot-lines.ts'
import { UsageError } from './usage-error.ts'

/** `snapshot`: what a snapshot tells without being unsealed. Works on files alone. */
export function snapshotCommand(finish: (exitCode: number) => void): Command {
  return new Command('snapshot')
    .description('look into snapshots of either product, without a server and without unsealing')
    .addCommand(inspectCommand(finish))
    .addCommand(verifyCommand(finish))
    .addCommand(diffCommand(finish))
}

function inspectCommand(finish: (exitCode: number) => void): Command {
  return new Command('inspect')
    .description('seal and KMS key, Raft index and peers, what is stored in which mount')
    .addArgument(file())
    .addOption(json())
    .action(async (path: string, flags: { json: boolean }) => {
      const facts = await readSnapshotFacts(existing(path))
      print(flags.json ? [document(facts)] : factLines(facts))
      finish(facts.findings.length === 0 ? EXIT.passed : EXIT.failed)
    })
}

function verifyCommand(finish: (exitCode: number) => void): Command {
  return new Command('verify')
    .description('everything that shows damage without the seal; ends with 1 when there is some')
    .addArgument(file())
    .addOption(
      new Option('--product <product>', 'it must be of this one').choices(['openbao', 'vault']),
    )
    .addOption(json())
    .action(async (path: string, flags: { json: boolean; product?: Product }) => {
      try {
        const facts = await verifySnapshot(existing(path), { product: flags.product })
        print(flags.json ? [document(facts)] : findingLines(path, facts.findings))
        finish(EXIT.passed)
      } catch (error) {
        if (!(error instanceof SnapshotDamaged)) throw error
        const { findings } = error
        print(flags.json ? [document({ file: path, findings })] : findingLines(path, findings))
        finish(EXIT.failed)
      }
    })
}

const NAMED_KEYS = 20

function diffCommand(finish: (exitCode: number) => void): Command {
  return new Command('diff')
    .description('keys that only one of two snapshots has, or that have other bytes')
    .addArgument(file('a'))
    .addArgument(file('b'))
    .addOption(
      new Option('--keys <n>', 'how many of the keys to name')
        .default(NAMED_KEYS)
        .argParser(wholeNumber),
    )
    .addOption(json())
    .action(async (a: string, b: string, flags: { json: boolean; keys: number }) => {
      const keys: KeyDifference[] = []
      try {
        const diff = await diffSnapshots(existing(a), existing(b), (difference) => {
          if (keys.length < flags.keys) keys.push(difference)
        })
        print(flags.json ? [document({ ...diff, keys })] : diffLines(diff, keys))
        finish(EXIT.passed)
      } catch (error) {
        if (!(error instanceof SnapshotDamaged)) throw error
        const { file, findings } = error
        print(flags.json ? [document({ file, findings })] : findingLines(file, findings))
        finish(EXIT.failed)
      }
    })
}

const file = (name = 'file') =>
  new Argument(`<${name}>`, 'a snapshot, as `raft snapshot save` wrote it')
const json = () => new Option('--json', 'one JSON document').default(false)

function existing(path: string): string {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
  if (!statSync(path).isFile()) throw new UsageError(`${path} is no file`)
  return path
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('it is no whole number.')
  return Number(text)
}

const document = (content: unknown): string => JSON.stringify(content, null, 2)

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
