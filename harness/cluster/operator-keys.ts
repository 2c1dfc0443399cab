import { type Duration, minutes, seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { type BarrierKey, barrierKey, rotateBarrierKey } from '../vault/barrier-key.ts'
import type { VaultClient } from '../vault/client.ts'
import { products } from '../vault/product.ts'
import {
  areInForce,
  beginKeyRotation,
  cancelKeyRotation,
  giveShare,
  keyRotation,
  type NewShares,
  verifyShare,
} from '../vault/recovery-keys.ts'
import { generateRootToken } from '../vault/root-token.ts'
import { resetUnseal, sealStatus, unseal } from '../vault/seal.ts'
import { filesWith } from './in-clear.ts'
import type { Node } from './node.ts'
import type { OperatorPlace } from './operator.ts'
import { Refusal } from './refusal.ts'
import { ShareCustody, type ShareGeneration } from './share-custody.ts'
import type { ShareHolders } from './share-holders.ts'

/** Where shares come from on the day on which they are needed. */
export type ShareSource =
  /** The secret of this name; its current version, or those of an earlier generation. */
  { readonly secret: string; readonly generation?: number } | { readonly holders: ShareHolders }

/** What is held when a rotation begins. */
export type HeldShares = {
  readonly inForce: ShareGeneration
  /** A rotation before this one came to its end, and its shares were not made current. */
  readonly isPending: boolean
}

/** The documents' numbers (RB:416). */
const SHARES = 5
const THRESHOLD = 3
/** Of our own rotation that is under way: its nonce, or that one was asked for. */
const UNDER_WAY = 'key-rotation'
const ASKED = 'asked'

/** Keys and their shares, as whoever is responsible for them handles them. */
export class OperatorKeys {
  readonly #place: OperatorPlace

  constructor(place: OperatorPlace) {
    this.#place = place
  }

  /**
   * As many shares as it takes, and no more.
   * @throws {Refusal} when there are too few. @throws {AwsError} when the store does not answer.
   */
  async gather(source: ShareSource, wanted = THRESHOLD): Promise<readonly Secret[]> {
    if ('holders' in source) return source.holders.open(wanted)
    const { secret, generation } = source
    const found = await this.#custody(secret, async (custody) =>
      generation === undefined
        ? custody.current()
        : (await custody.generations()).find((each) => each.generation === generation),
    )
    if (found === undefined) throw new Refusal(`key shares in ${secret}`, 'none of them')
    return found.shares.slice(0, wanted)
  }

  /** What people need for that, declared. */
  peopleFor = (source: ShareSource): Duration =>
    'holders' in source ? source.holders.peopleFor(THRESHOLD) : minutes(2)

  /**
   * The shares that a rotation begins with. A pending version is of a rotation that was
   * interrupted: the server is asked whether it took effect.
   * @throws {Refusal} while somebody else rotates, or when no shares are in force.
   */
  async held(secret: string): Promise<HeldShares> {
    await this.#endOwnRotation()
    const [current, pending] = await this.#custody(secret, (custody) =>
      Promise.all([custody.current(), custody.pending()]),
    )
    if (pending !== undefined && (await this.#areInForce(pending))) {
      return { inForce: pending, isPending: true }
    }
    if (current === undefined) throw new Refusal(`key shares in ${secret}`, 'none')
    return { inForce: current, isPending: false }
  }

  /**
   * Five new shares, which are not in force until they are verified.
   * @throws {VaultError} 400 when the shares that are held are not those in force.
   */
  async rotate({ inForce, isPending }: HeldShares): Promise<NewShares | undefined> {
    if (isPending) return undefined
    const { notes } = this.#place
    const client = await this.#leader()
    const at = this.#at
    notes.write(UNDER_WAY, ASKED)
    const nonce = await beginKeyRotation(client, { ...at, shares: SHARES, threshold: THRESHOLD })
    notes.write(UNDER_WAY, nonce)
    for (const share of inForce.shares) {
      const made = await giveShare(client, { ...at, nonce, share })
      if (made !== undefined) return made
    }
    throw new WantsMoreShares(inForce.shares.length, 'given')
  }

  /** As a version that is not current yet; gives it as it was read back. */
  async store(
    secret: string,
    { inForce }: HeldShares,
    made: NewShares | undefined,
  ): Promise<ShareGeneration> {
    if (made === undefined) return inForce
    return this.#custody(secret, (custody) => custody.store(inForce.generation + 1, made.shares))
  }

  /** Gives the stored shares back: now they are in force, and the former ones are not. */
  async verify({ shares }: ShareGeneration, made: NewShares | undefined): Promise<void> {
    if (made === undefined) return
    const client = await this.#leader()
    for (const share of shares) {
      if (await verifyShare(client, { ...this.#at, nonce: made.verification, share })) {
        this.#place.notes.forget(UNDER_WAY)
        return
      }
    }
    throw new WantsMoreShares(shares.length, 'given back')
  }

  async promote(secret: string, stored: ShareGeneration): Promise<void> {
    await this.#custody(secret, (custody) => custody.promote(stored))
  }

  /**
   * That the server takes the shares of the newest generation, and of no other.
   * @throws {NotInForce}
   */
  async seesOnlyNewest(secret: string): Promise<void> {
    const generations = await this.#custody(secret, (custody) => custody.generations())
    const newest = generations.at(-1)
    for (const each of generations) {
      const isTaken = await this.#areInForce(each)
      if (isTaken !== (each === newest)) throw new NotInForce(each.generation, isTaken)
    }
  }

  /**
   * A root token made from these shares; revoke it when what it was made for is done.
   * @throws {VaultError} 400 when the server does not take the shares, 405 where it makes none.
   */
  async rootToken(shares: readonly Secret[]): Promise<VaultClient> {
    const { view, anonymous, signal } = this.#place
    const leader = anonymous(await view.leader(signal))
    const token = await generateRootToken(leader, shares, { within: seconds(10), signal })
    return leader.withToken(token)
  }

  async revoke(root: VaultClient): Promise<void> {
    await root.request('POST', 'auth/token/revoke-self', { signal: this.#place.signal })
  }

  /**
   * That shares open these nodes: under a KMS seal they are recovery keys, which the KMS itself
   * would have to decrypt first (RB:354-402 has people try). @throws {Refusal}
   */
  async seesUnsealedByShares(nodes: readonly Node[]): Promise<void> {
    for (const { name } of nodes) {
      const { type } = await sealStatus(this.#place.anonymous(name), this.#once)
      if (type === 'shamir') continue
      throw new Refusal(
        'nodes that key shares unseal',
        `${name} has the seal ${type}, whose recovery keys the KMS must decrypt: bring its key back`,
      )
    }
  }

  /**
   * Gives a sealed node these shares, one after the other; one that is open is left alone.
   * @throws {VaultError} 400 when they are not its shares.
   */
  async open({ name }: Node, shares: readonly Secret[]): Promise<void> {
    const client = this.#place.anonymous(name)
    if (!(await sealStatus(client, this.#once)).sealed) return
    await resetUnseal(client, this.#once) // what somebody else has begun
    for (const share of shares) await unseal(client, share, this.#once)
  }

  /** Of the key that encrypts what is stored. */
  async barrierKey(): Promise<BarrierKey> {
    return barrierKey(await this.#leader(), { signal: this.#place.signal })
  }

  /** @throws {NotRotated} when the key is still the one of before. */
  async seesTermAfter({ term }: BarrierKey): Promise<void> {
    const now = await this.barrierKey()
    if (now.term <= term) throw new NotRotated(term)
  }

  async rotateBarrierKey(): Promise<void> {
    await rotateBarrierKey(await this.#leader(), {
      within: seconds(10),
      signal: this.#place.signal,
    })
  }

  /** That no file of the operator's has any of these in clear (RB:227, 371). @throws {LeftInClear} */
  async seesNoneLeft(...secrets: readonly Secret[]): Promise<void> {
    const [file] = await filesWith(this.#place.notes.folder, secrets)
    if (file !== undefined) throw new LeftInClear(file)
  }

  /** One of our own that was interrupted is ended, which changes nothing. @throws {Refusal} */
  async #endOwnRotation(): Promise<void> {
    const { notes } = this.#place
    const client = await this.#leader()
    const { isStarted, nonce } = await keyRotation(client, this.#at)
    if (!isStarted) return
    if (![nonce, ASKED].includes(notes.read(UNDER_WAY) ?? '')) {
      throw new Refusal('no rotation under way', `${nonce}, which was not begun from here`)
    }
    await cancelKeyRotation(client, { ...this.#at, nonce })
    notes.forget(UNDER_WAY)
  }

  async #areInForce({ shares }: ShareGeneration): Promise<boolean> {
    const { notes } = this.#place
    notes.write(UNDER_WAY, ASKED)
    const answer = await areInForce(await this.#leader(), shares, this.#at)
    notes.forget(UNDER_WAY)
    return answer
  }

  async #leader(): Promise<VaultClient> {
    const { view, signal } = this.#place
    return view.client(await view.leader(signal))
  }

  get #at() {
    return { path: products[this.#place.product].recoveryKeysPath, ...this.#once }
  }

  get #once() {
    return { within: seconds(10), signal: this.#place.signal }
  }

  #custody<T>(secret: string, act: (custody: ShareCustody) => Promise<T>): Promise<T> {
    const { secretsManager, signal } = this.#place
    return ShareCustody.at(secretsManager(), secret, act, { signal })
  }
}

/** Shares that should be in force are not, or others are. */
export class NotInForce extends Error {
  override readonly name = 'NotInForce'
  constructor(generation: number, isTaken: boolean) {
    const what = isTaken ? 'a former one, and the server takes them' : 'refused by the server'
    super(`the shares of generation ${generation} are ${what}`)
  }
}

/** All shares that are held were given, and the rotation goes on asking. */
export class WantsMoreShares extends Error {
  override readonly name = 'WantsMoreShares'
  constructor(count: number, how: 'given' | 'given back') {
    super(`${count} shares were ${how}, and the server wants more`)
  }
}

/** What is stored is still encrypted with the key of before. */
export class NotRotated extends Error {
  override readonly name = 'NotRotated'
  constructor(term: number) {
    super(`the key is still the one of term ${term}`)
  }
}

/** A key share or a token lies in a file, in clear. */
export class LeftInClear extends Error {
  override readonly name = 'LeftInClear'
  constructor(file: string) {
    super(`${file} has a key share or a token in clear`)
  }
}
