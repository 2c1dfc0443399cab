import { randomBytes } from 'node:crypto'
import { type Duration, minutes } from '../lib/duration.ts'
import { openedText, sealedText } from '../lib/pgp.ts'
import { Secret } from '../lib/secret.ts'
import { Refusal } from './refusal.ts'

/** A person with one share on a medium of their own, and the passphrase that opens it. */
type Holder = { readonly name: string; sealed: string; readonly passphrase: Secret }

/** Until somebody has the medium out of its safe and sits at the operator's host. Declared. */
const UNTIL_THERE = minutes(15)
/** Two people, one who types and one who sees that nothing is kept. Declared, for each share. */
const TO_OPEN_ONE = minutes(1)

/**
 * The people who hold the shares offline (RB:360, 374, 681): one each, so that no one person has
 * enough of them. What is here is on no disk of the operator's.
 */
export class ShareHolders {
  readonly #holders: readonly Holder[]
  readonly #absent = new Set<string>()

  private constructor(holders: readonly Holder[]) {
    this.#holders = holders
  }

  static async of(shares: readonly Secret[]): Promise<ShareHolders> {
    const holders = await Promise.all(
      shares.map(async (share, i) => {
        const passphrase = new Secret(randomBytes(24).toString('base64url'))
        return { name: `holder-${i + 1}`, sealed: await sealedText(share, passphrase), passphrase }
      }),
    )
    return new ShareHolders(holders)
  }

  /** These are on holiday, or cannot be reached. */
  leave(...numbers: readonly number[]): void {
    for (const number of numbers) this.#absent.add(`holder-${number}`)
  }

  /** And these are back. */
  come(...numbers: readonly number[]): void {
    for (const number of numbers) this.#absent.delete(`holder-${number}`)
  }

  /** What people need until so many shares are open; nobody waits for it. */
  peopleFor = (shares: number): Duration => ({ ms: UNTIL_THERE.ms + shares * TO_OPEN_ONE.ms })

  /** @throws {Refusal} when there are too few of them. */
  async open(wanted: number): Promise<readonly Secret[]> {
    const present = this.#holders.filter(({ name }) => !this.#absent.has(name))
    if (present.length < wanted) {
      const absent = [...this.#absent].join(', ')
      throw new Refusal(`${wanted} holders of shares`, `${present.length} (absent: ${absent})`)
    }
    return Promise.all(
      present.slice(0, wanted).map(({ sealed, passphrase }) => openedText(sealed, passphrase)),
    )
  }

  /** Each gets a new share in place of the former one. */
  async renew(shares: readonly Secret[]): Promise<void> {
    await Promise.all(
      this.#holders.map(async (holder, i) => {
        const share = shares[i]
        if (share === undefined) throw new RangeError(`there is no share for ${holder.name}`)
        holder.sealed = await sealedText(share, holder.passphrase)
      }),
    )
  }
}
