import { createHash, type Hash } from 'node:crypto'
import { type GzipDamage, gunzipped } from './snapshot-gzip.ts'
import { TarReader } from './snapshot-tar.ts'

/** One thing that is wrong with a snapshot, by a name that stays and a sentence for people. */
export type Finding = {
  readonly kind:
    | GzipDamage['kind']
    | 'not-tar'
    | 'member-missing'
    | 'member-twice'
    | 'member-unexpected'
    | 'member-too-big'
    | 'meta-unreadable'
    | 'size-differs'
    | 'sums-unreadable'
    | 'sum-missing'
    | 'sum-differs'
    | 'sealed-sums-unreadable'
    | 'state-unreadable'
    | 'state-unordered'
    | 'seal-unknown'
    | 'other-product'
  readonly says: string
}

/** `meta.json`, as Raft wrote it. */
export type SnapshotMeta = {
  readonly index: number
  readonly term: number
  /** Of the format. */
  readonly version: number
  readonly id: string
  /** The Raft index at which the peers were what they are here. */
  readonly configurationIndex: number
  readonly peers: readonly { readonly id: string; readonly address: string; voter: boolean }[]
}

/** What can be said of the archive without looking into the state. */
export type ArchiveReading = {
  /** Of the whole file. */
  readonly bytes: number
  /** Of the whole file, hex. */
  readonly sha256: string
  readonly meta: SnapshotMeta | undefined
  readonly stateBytes: number
  /** The sums encrypted by the seal: only the servers can compare them. */
  readonly sealedSums: Buffer | undefined
  readonly missing: readonly string[]
  readonly findings: readonly Finding[]
}

const STATE = 'state.bin'
const SEALED = 'SHA256SUMS.sealed'
/** What every snapshot consists of, in both products. */
export const MEMBERS = ['meta.json', STATE, 'SHA256SUMS', SEALED] as const
type Member = (typeof MEMBERS)[number]

/** The servers read fewer bytes than this of every member but the state, and refuse the rest. */
const LONGEST_SMALL = 8192

/**
 * Reads a snapshot piece by piece in constant memory: hands over `state.bin` as it comes, and
 * returns everything else at the end. All hashes are made in the same pass. Damage never throws:
 * it is in the findings.
 */
export async function* readArchive(
  packed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, ArchiveReading> {
  const whole = createHash('sha256')
  let bytes = 0
  const members = new Members()
  const tar = new TarReader()
  const gzip = gunzipped(counted())
  let unpacked = await gzip.next()
  for (; unpacked.done !== true; unpacked = await gzip.next()) {
    for (const piece of tar.push(unpacked.value)) {
      if (piece.kind === 'member') members.begin(piece.name, piece.bytes)
      else if (members.take(piece.content)) yield piece.content
    }
  }
  const damage = unpacked.value
  const isWhole = !damage.some(({ kind }) => kind !== 'trailing-bytes')
  const found: Finding[] = [...damage]
  if (tar.damage !== undefined) {
    found.push({ kind: 'not-tar', says: `the archive cannot be read: ${tar.damage}` })
  } else if (tar.isCut && isWhole) {
    const says = `the archive is cut short: it ends inside ${tar.name || 'its first header'}`
    found.push({ kind: 'cut-short', says })
  }
  if (tar.behind > 0) {
    const says = `${tar.behind} bytes follow the end of the archive, and no sum covers them`
    found.push({ kind: 'trailing-bytes', says })
  }
  const isCut = !isWhole || tar.isCut || tar.damage !== undefined
  return { bytes, sha256: whole.digest('hex'), ...members.judge(found, isCut) }

  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of packed) {
      whole.update(piece)
      bytes += piece.length
      yield piece
    }
  }
}

type Seen = { readonly hash: Hash; readonly named: number; kept: Buffer[]; bytes: number }

/** The members as they come, and what is wrong with them. */
class Members {
  readonly #seen = new Map<string, Seen>()
  readonly #findings: Finding[] = []
  #current: { readonly name: Member | undefined; readonly seen: Seen } | undefined

  begin(name: string, bytes: number): void {
    const known = MEMBERS.find((member) => member === name)
    const seen: Seen = { hash: createHash('sha256'), named: bytes, kept: [], bytes: 0 }
    this.#current = { name: known, seen }
    if (known === undefined) {
      this.#find('member-unexpected', `the archive holds "${name}", which is part of no snapshot`)
    } else if (this.#seen.has(known)) {
      this.#find('member-twice', `the archive holds ${known} twice`)
    } else {
      this.#seen.set(known, seen)
    }
    if (known !== undefined && known !== STATE && bytes >= LONGEST_SMALL) {
      const says = `${known} has ${bytes} bytes; the servers take no more than ${LONGEST_SMALL - 1}`
      this.#find('member-too-big', says)
    }
  }

  /** Whether it is of the state. */
  take(content: Buffer): boolean {
    if (this.#current?.name === undefined) return false
    const { name, seen } = this.#current
    seen.bytes += content.length
    if (name === STATE || name === 'meta.json') seen.hash.update(content)
    if (name === STATE) return this.#seen.get(STATE) === seen
    if (seen.bytes < LONGEST_SMALL) seen.kept.push(content)
    return false
  }

  /**
   * @param found what is wrong with the file around the members
   * @param isCut the last member is not all there
   */
  judge(found: readonly Finding[], isCut: boolean): Omit<ArchiveReading, 'bytes' | 'sha256'> {
    const missing = MEMBERS.filter((member) => !this.#isWhole(member))
    // A file in which nothing was found says so once.
    if (this.#seen.size > 0 || !isCut) {
      for (const member of missing) this.#find('member-missing', this.#lack(member, isCut))
    }
    const meta = this.#meta()
    this.#compareSums()
    return {
      meta,
      stateBytes: this.#seen.get(STATE)?.bytes ?? 0,
      sealedSums: this.#small(SEALED),
      missing,
      findings: [...found, ...this.#findings],
    }
  }

  #lack(member: Member, isCut: boolean): string {
    const here = this.#seen.get(member)
    if (here !== undefined)
      return `of ${member} only ${here.bytes} of ${here.named} bytes are there`
    // The servers leave it out without a word when the seal does not answer.
    const why = member === SEALED && !isCut ? ', which the seal had to make' : ''
    return `the archive lacks ${member}${why}`
  }

  #isWhole(member: Member): boolean {
    const seen = this.#seen.get(member)
    return seen !== undefined && seen.bytes === seen.named
  }

  #small(member: Member): Buffer | undefined {
    const seen = this.#seen.get(member)
    const isThere = seen !== undefined && this.#isWhole(member) && seen.named < LONGEST_SMALL
    return isThere ? Buffer.concat(seen.kept) : undefined
  }

  #meta(): SnapshotMeta | undefined {
    const text = this.#small('meta.json')
    if (text === undefined) return undefined
    const told = metaIn(text)
    if (told === undefined) {
      this.#find('meta-unreadable', 'meta.json is not what Raft writes')
      return undefined
    }
    const state = this.#seen.get(STATE)
    if (state !== undefined && this.#isWhole(STATE) && told.size !== state.bytes) {
      const says = `meta.json says that state.bin has ${told.size} bytes, it has ${state.bytes}`
      this.#find('size-differs', says)
    }
    return told.meta
  }

  #compareSums(): void {
    const text = this.#small('SHA256SUMS')
    if (text === undefined) return
    const sums = new Map<string, string>()
    for (const line of text.toString('utf8').split('\n')) {
      if (line === '') continue
      const [, sum, name] = /^([0-9a-f]{64}) {2}(\S+)\r?$/i.exec(line) ?? []
      if (sum === undefined || (name !== 'meta.json' && name !== STATE)) {
        this.#find('sums-unreadable', 'SHA256SUMS is not the sums of meta.json and state.bin')
      } else {
        sums.set(name, sum.toLowerCase())
      }
    }
    for (const member of ['meta.json', STATE] as const) {
      const seen = this.#seen.get(member)
      const sum = sums.get(member)
      if (sum === undefined) this.#find('sum-missing', `SHA256SUMS does not name ${member}`)
      else if (seen !== undefined && this.#isWhole(member) && seen.hash.digest('hex') !== sum) {
        this.#find('sum-differs', `${member} does not have the sum that SHA256SUMS names`)
      }
    }
  }

  #find(kind: Finding['kind'], says: string): void {
    this.#findings.push({ kind, says })
  }
}

type Raw = {
  readonly Version: unknown
  readonly ID: unknown
  readonly Index: unknown
  readonly Term: unknown
  readonly Size: unknown
  readonly ConfigurationIndex: unknown
  readonly Configuration?: {
    readonly Servers?: readonly { Suffrage: unknown; ID: unknown; Address: unknown }[] | null
  }
}

function metaIn(text: Buffer): { readonly meta: SnapshotMeta; readonly size: number } | undefined {
  let raw: Partial<Raw> | null
  try {
    raw = JSON.parse(text.toString('utf8'))
  } catch {
    return undefined // what is wrong with it is the finding's matter
  }
  const { Version, ID, Index, Term, Size, ConfigurationIndex, Configuration } = raw ?? {}
  const numbers = [Version, Index, Term, Size, ConfigurationIndex]
  if (typeof ID !== 'string' || numbers.some((each) => typeof each !== 'number')) return undefined
  const servers = Configuration?.Servers ?? []
  if (!Array.isArray(servers)) return undefined
  const meta: SnapshotMeta = {
    index: Index as number,
    term: Term as number,
    version: Version as number,
    id: ID,
    configurationIndex: ConfigurationIndex as number,
    peers: servers.map((server) => ({
      id: String(server?.ID),
      address: String(server?.Address),
      voter: server?.Suffrage === 0,
    })),
  }
  return { meta, size: Size as number }
}
