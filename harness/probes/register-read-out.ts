import type { ReadData } from '../journal/entry.ts'
import type { History } from '../journal/history.ts'
import type { Duration } from '../lib/duration.ts'
import { type Headers, HttpTarget, type Tls } from '../lib/http.ts'
import type { Seed } from '../lib/seed.ts'
import { metadataResult, readResult, type Seen } from './outcome.ts'
import { AT_ONCE, askedInVain, type Found, inRounds, overAfter, seenAt } from './read-rounds.ts'
import {
  type ChosenVersions,
  type ListedRegister,
  latestVersions,
  type VersionOf,
  versionsToRead,
} from './register-versions.ts'
import { dataPath, metadataPath, readNumberedValue } from './value.ts'

export type RegisterReadOptions = {
  readonly node: string
  readonly address: { readonly host: string; readonly port: number }
  readonly tls: Tls | undefined
  readonly headers: Headers
  /** Its registers are read, also those that nobody managed to write. */
  readonly history: History
  readonly seed: Seed
  /** `versions`: as many as is sensible; `latest`: one of each register. */
  readonly depth: 'versions' | 'latest'
  readonly within: Duration
  /** Every register once, before any of its versions. */
  readonly onRegister: (register: ReadData['register']) => void
  readonly onVersion: (version: ReadData['version']) => void
}

/**
 * Reads the registers from one address, over connections opened for it: first what versions
 * there are, then their values.
 */
export async function readRegisters(
  options: RegisterReadOptions,
): Promise<Omit<ReadData['registers.ended'], 'node'>> {
  const { address, tls, within, history } = options
  const target = new HttpTarget(address, { tls, connections: AT_ONCE })
  const endsAtMs = performance.now() + within.ms
  try {
    const keys = new Set(history.ops.map(({ key }) => key))
    const registers = await readMetadata(target, keys, endsAtMs, options)
    const { chosen, versions } = choose(registers, options)
    await readVersions(target, versions, endsAtMs, options)
    const listed = registers.reduce((sum, register) => sum + register.versions.length, 0)
    return { keys: keys.size, versions: versions.length, listed, chosen }
  } finally {
    await target.close()
  }
}

function choose(
  registers: readonly ListedRegister[],
  { depth, history, seed }: RegisterReadOptions,
): Pick<ChosenVersions, 'versions'> & { readonly chosen: 'all' | 'doubtful' | 'latest' } {
  if (depth === 'latest') return { chosen: 'latest', versions: latestVersions(registers) }
  return versionsToRead(registers, history, seed)
}

async function readMetadata(
  target: HttpTarget,
  keys: Iterable<string>,
  endsAtMs: number,
  { node, headers, within, onRegister }: RegisterReadOptions,
): Promise<readonly ListedRegister[]> {
  const registers: ListedRegister[] = []
  const nothing = (key: string, why: string): Found<ReadData['register']> => ({
    read: { node, key, state: 'unreadable', current: 0, versions: [], why },
    saysSomething: false,
  })
  await inRounds<string, Found<ReadData['register']>>(keys, {
    endsAtMs,
    ask: async (key, { round, within }) => {
      const result = metadataResult(await seenAt(target, metadataPath(key), { headers, within }))
      if (result.seen === 'nothing') return nothing(key, askedInVain(result.why, round))
      const read =
        result.seen === 'absent'
          ? { node, key, state: 'absent' as const, current: 0, versions: [] }
          : { node, key, state: 'present' as const, ...listed(result) }
      return { read, saysSomething: true }
    },
    neverAsked: (key) => nothing(key, overAfter(within)),
    report: ({ read }) => {
      onRegister(read)
      const { key, current, versions } = read
      registers.push({ key, current, versions: versions.map(({ version }) => version) })
    },
  })
  return registers
}

const listed = ({
  current,
  versions,
}: Extract<ReturnType<typeof metadataResult>, { seen: 'metadata' }>) => ({ current, versions })

async function readVersions(
  target: HttpTarget,
  versions: readonly VersionOf[],
  endsAtMs: number,
  { node, headers, within, onVersion }: RegisterReadOptions,
): Promise<void> {
  await inRounds<VersionOf, Found<ReadData['version']>>(versions, {
    endsAtMs,
    ask: async ({ key, version }, { round, within }) => {
      const path = `${dataPath(key)}?version=${version}`
      const seen = await seenAt(target, path, { headers, within })
      return foundVersion({ node, key, version }, seen, round)
    },
    neverAsked: (of) => ({
      read: { node, ...of, state: 'unreadable', why: overAfter(within) },
      saysSomething: false,
    }),
    report: ({ read }) => onVersion(read),
  })
}

/** Damage is a version whose value is not intact, also when the server gives none at all. */
function foundVersion(
  about: Pick<ReadData['version'], 'node' | 'key' | 'version'>,
  seen: Seen,
  round: number,
): Found<ReadData['version']> {
  const result = readResult(seen)
  const { version } = about
  switch (result.seen) {
    case 'value': {
      const { op, why: damage } = readNumberedValue(result.value, dataPath(about.key))
      const other =
        result.version === version ? undefined : `the answer is version ${result.version}`
      const why = damage ?? other
      const value = { ...about, state: 'present' as const, ...(op === undefined ? {} : { op }) }
      return {
        read: why === undefined ? { ...value, intact: true } : { ...value, intact: false, why },
        saysSomething: true,
      }
    }
    case 'deleted':
      return { read: { ...about, state: 'deleted' }, saysSomething: true }
    case 'absent':
      return { read: { ...about, state: 'absent' }, saysSomething: true }
    case 'damaged': {
      const read = { ...about, state: 'unreadable', intact: false, why: result.why } as const
      return { read, saysSomething: true }
    }
    case 'nothing': {
      const why = askedInVain(result.why, round)
      return { read: { ...about, state: 'unreadable', why }, saysSomething: false }
    }
  }
}
