import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import type { Product } from './product.ts'
import {
  type ArchiveReading,
  type Finding,
  readArchive,
  type SnapshotMeta,
} from './snapshot-archive.ts'
import { type StoragePart, StorageParts } from './snapshot-mounts.ts'
import { keyIdsIn, SealSigns, type SnapshotSeal } from './snapshot-seal.ts'
import { readableKey, StateReader, type StorageEntry } from './snapshot-state.ts'

/** What a snapshot tells without being unsealed. Everything else in it is encrypted. */
export type SnapshotFacts = {
  readonly file: string
  readonly bytes: number
  /** Hex, of the whole file. */
  readonly sha256: string
  /** `null` where the archive does not say it. */
  readonly raft: SnapshotMeta | null
  /** Which server's storage it is; `null` where nothing in it tells. */
  readonly product: Product | null
  /** Versions of the servers that have led this storage, in the order of their names. */
  readonly serverVersions: readonly string[]
  readonly seal: SnapshotSeal | null
  readonly state: { readonly bytes: number; readonly entries: number }
  readonly parts: readonly StoragePart[]
  /** What is wrong with it; empty: nothing that can be found without the seal. */
  readonly findings: readonly Finding[]
}

/**
 * One pass over the file in constant memory (pieces of 512 KiB and the largest entry of the storage). Damage does
 * not throw, it is among the facts: of a file that is cut short one wants what there is.
 */
export async function readSnapshotFacts(file: string): Promise<SnapshotFacts> {
  const parts = new StorageParts()
  const seal = new SealSigns()
  const signs = new ProductSigns()
  let entries = 0
  const walk = entriesIn(piecesOf(file))
  let step = await walk.next()
  for (; step.done !== true; step = await walk.next()) {
    entries += step.value.length
    for (const entry of step.value) {
      parts.take(entry)
      seal.take(entry)
      signs.take(entry)
    }
  }
  const { bytes, sha256, meta, stateBytes, sealedSums, findings } = step.value
  const told = seal.told(sealedSums)
  return {
    file,
    bytes,
    sha256,
    raft: meta ?? null,
    product: signs.product,
    serverVersions: signs.versions,
    seal: told,
    state: { bytes: stateBytes, entries },
    parts: parts.told(),
    findings: [...findings, ...sealFindings(told, entries, sealedSums)],
  }
}

/**
 * What a backup must hold before it is called one: everything that shows without the seal.
 * Whether the seal opens it only a restore tells.
 * @param product refuse the storage of the other one
 * @throws {SnapshotDamaged} with all that is wrong.
 */
export async function verifySnapshot(
  file: string,
  { product }: { readonly product?: Product | undefined } = {},
): Promise<SnapshotFacts> {
  const facts = await readSnapshotFacts(file)
  const findings = [...facts.findings, ...otherProduct(facts, product)]
  if (findings.length > 0) throw new SnapshotDamaged(file, findings)
  return facts
}

/** A finding where the storage is not of the wanted product, or where nothing tells whose it is. */
function otherProduct({ product, findings }: SnapshotFacts, wanted?: Product): readonly Finding[] {
  if (wanted === undefined || product === wanted) return []
  if (product === null && findings.length > 0) return [] // what is wrong is said already
  const whose = product === null ? 'of neither product, as far as it tells' : `of ${product}`
  return [{ kind: 'other-product', says: `the storage is ${whose}; wanted was ${wanted}` }]
}

/** A snapshot that is not whole, with everything found wrong; its message goes into journals. */
export class SnapshotDamaged extends Error {
  override readonly name = 'SnapshotDamaged'
  readonly file: string
  readonly findings: readonly Finding[]

  constructor(file: string, findings: readonly Finding[]) {
    super(`${basename(file)} is no whole snapshot: ${findings.map(({ says }) => says).join('; ')}`)
    this.file = file
    this.findings = findings
  }
}

const PIECE = 512 * 1024

export const piecesOf = (file: string): AsyncIterable<Buffer> =>
  createReadStream(file, { highWaterMark: PIECE })

/** The entries of the state, in the order of the file, and what the archive says at the end. */
export async function* entriesIn(
  packed: AsyncIterable<Buffer>,
): AsyncGenerator<readonly StorageEntry[], ArchiveReading> {
  const archive = readArchive(packed)
  const state = new StateReader()
  let step = await archive.next()
  for (; step.done !== true; step = await archive.next()) {
    const entries = state.push(step.value)
    if (entries.length > 0) yield entries
  }
  const reading = step.value
  const found: Finding[] = []
  const isThere = !reading.missing.includes('state.bin')
  if (state.damage !== undefined) {
    found.push({ kind: 'state-unreadable', says: `state.bin cannot be read: ${state.damage}` })
  } else if (state.isCut && isThere) {
    found.push({ kind: 'state-unreadable', says: 'state.bin ends inside an entry' })
  }
  if (state.unordered !== undefined) {
    const says = `state.bin is not in the order of its keys at "${state.unordered}"`
    found.push({ kind: 'state-unordered', says })
  }
  return { ...reading, findings: [...reading.findings, ...found] }
}

function sealFindings(
  seal: SnapshotSeal | null,
  entries: number,
  sealedSums: Buffer | undefined,
): readonly Finding[] {
  const found: Finding[] = []
  if (seal === null && entries > 0) {
    found.push({ kind: 'seal-unknown', says: 'the state names no seal that could open it' })
  }
  if (sealedSums !== undefined && keyIdsIn(sealedSums) === undefined) {
    const says = 'SHA256SUMS.sealed is nothing that a seal has encrypted'
    found.push({ kind: 'sealed-sums-unreadable', says })
  }
  return found
}

const VERSIONS = 'core/versions/'

/**
 * Tells the products apart by names of their storage: OpenBao renamed the root key and keeps a
 * mount per entry; Vault counts clients. Checked on Vault 1.21 and OpenBao 2.6.
 */
class ProductSigns {
  readonly versions: string[] = []
  #openbao = false
  #vault = false

  take({ key }: StorageEntry): void {
    if (key.startsWith(VERSIONS)) this.versions.push(readableKey(key.slice(VERSIONS.length)))
    else if (key === 'core/root-key' || key.startsWith('core/mounts/')) this.#openbao = true
    else if (key === 'core/master' || key === 'core/cluster/feature-flags') this.#vault = true
  }

  /** OpenBao took storages of Vault over and kept what it does not use: its own signs count first. */
  get product(): Product | null {
    if (this.#openbao) return 'openbao'
    return this.#vault ? 'vault' : null
  }
}
