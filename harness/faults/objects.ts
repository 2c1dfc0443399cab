import type { S3 } from '../aws/s3.ts'
import type { Seed } from '../lib/seed.ts'
import { happened, notYet } from '../lib/until.ts'
import { withoutMember } from '../stack/archive.ts'
import {
  type Aim,
  aimed,
  CannotPlan,
  type Fault,
  type FaultKind,
  numberGiven,
  textGiven,
} from './fault.ts'
import {
  FAULT_TAG,
  NEWEST,
  type ObjectPlan,
  objectPlan,
  sha256Of,
  taggedVersions,
  withS3,
} from './stored-object.ts'

/** Faults that leave an object under its name, with something else in it. */

/** How the wrong content comes from what is stored; small enough for a plan. */
type Change =
  | { readonly how: 'cut'; readonly bytes: number }
  | { readonly how: 'flip'; readonly bit: number }
  | { readonly how: 'older'; readonly key: string; readonly version: string }
  | { readonly how: 'without'; readonly member: string }

export type ReplacedPlan = ObjectPlan & { readonly change: Change }

const TARGETS = [NEWEST, '<key>'] as const

const TRUNCATED = replaced(
  {
    name: 'object-truncated',
    does: 'the object ends early: its name gives only the first part of its bytes',
    cannotShow: 'an upload that was cut: this one is complete for the store',
    source: 'RB:183-199',
    parameters: { keptPercent: { default: 90, says: 'how much of it is left' } },
  },
  async (_s3, plan, { aim }) => ({
    how: 'cut',
    bytes: Math.floor((plan.bytes * Math.min(numberGiven(aim, 'keptPercent'), 100)) / 100),
  }),
)

const FLIPPED = replaced(
  {
    name: 'object-flipped',
    does: 'one bit of the object is another one, at a place that the seed chooses',
    cannotShow: 'damage on the way: what is read is what is stored',
    source: 'RB:183-199',
    parameters: {},
  },
  async (_s3, plan, { seed }) => {
    if (plan.bytes === 0) throw new CannotPlan(`${plan.key} is empty: it has no bit`)
    return { how: 'flip', bit: Math.floor(seed.fraction(`bit of ${plan.key}`) * plan.bytes * 8) }
  },
)

const OLDER = replaced(
  {
    name: 'object-older',
    does: "yesterday's object under today's name, with the metadata of today's",
    cannotShow: 'an old snapshot that nobody renamed: the name says what it holds',
    source: 'RB:100-134, 183-199',
    parameters: { of: { default: 'previous', says: 'key of the older one, or the one before it' } },
  },
  async (s3, plan, { aim }) => {
    const key = textGiven(aim, 'of') === 'previous' ? await before(s3, plan) : textGiven(aim, 'of')
    const head = await s3.head(plan.bucket, key)
    if (head === undefined) throw new CannotPlan(`there is no object ${key} in ${plan.bucket}`)
    return { how: 'older', key, version: head.version }
  },
)

const MEMBERLESS = replaced(
  {
    name: 'object-member-missing',
    does: 'the object is an archive that can be read to its end, and lacks one of its members',
    cannotShow: 'an archive that ends early: this one is whole, as far as it goes',
    source: 'RB:118-122, 222-223',
    parameters: { member: { default: 'SHA256SUMS.sealed', says: 'which one' } },
  },
  async (s3, { bucket, key, version }, { aim }) => {
    const member = textGiven(aim, 'member')
    await withoutMember(await s3.get(bucket, key, { version }), member).catch((cause) => {
      throw new CannotPlan(`${key} is no archive with a member ${member}`, { cause })
    })
    return { how: 'without', member }
  },
)

export const REPLACED_OBJECTS: readonly FaultKind[] = [TRUNCATED, FLIPPED, OLDER, MEMBERLESS]

/** The object ends early. */
export const truncatedObject = (key: string = NEWEST, keptPercent = 90): Fault<ReplacedPlan> =>
  aimed(TRUNCATED, key, { keptPercent })

/** One bit of the object is another one. */
export const flippedObject = (key: string = NEWEST): Fault<ReplacedPlan> => aimed(FLIPPED, key)

/** An older object's content under this name. */
export const olderObject = (key: string = NEWEST, of = 'previous'): Fault<ReplacedPlan> =>
  aimed(OLDER, key, { of })

/** The object lacks a member of its archive. */
export const memberlessObject = (
  key: string = NEWEST,
  member = 'SHA256SUMS.sealed',
): Fault<ReplacedPlan> => aimed(MEMBERLESS, key, { member })

type Told = Pick<FaultKind, 'name' | 'does' | 'cannotShow' | 'source' | 'parameters'>

function replaced(
  told: Told,
  changeOf: (s3: S3, plan: ObjectPlan, by: { aim: Aim; seed: Seed }) => Promise<Change>,
): FaultKind<ReplacedPlan> {
  return {
    ...told,
    family: 'objects',
    witnessed: 'what the name gives is read back: another SHA-256 than before, and its size',
    final: false,
    targets: TARGETS,
    needs: [],
    async plan(cluster, aim, seed) {
      const plan = await objectPlan(cluster, aim.target)
      const change = await withS3(plan.aws, (s3) => changeOf(s3, plan, { aim, seed }))
      return { ...plan, change }
    },
    async inject(_cluster, plan, { clock }) {
      return withS3(plan.aws, async (s3) => {
        const { bucket, key, version } = plan
        const content = await s3.get(bucket, key, { version })
        const wrong = await changed(s3, plan, content)
        if (sha256Of(wrong) === plan.sha256) {
          throw new CannotPlan(`what would be put under ${key} is what is there`)
        }
        const { metadata = {}, kmsKey } = (await s3.head(bucket, key)) ?? {}
        const issued = clock.now()
        await s3.put(bucket, key, wrong, {
          metadata,
          tags: { [FAULT_TAG]: told.name },
          ...(kmsKey === undefined ? {} : { kmsKey }),
        })
        return { issued, proven: clock.now() }
      })
    },
    async witness(_cluster, { aws, bucket, key, sha256, bytes }) {
      const content = await withS3(aws, (s3) => s3.get(bucket, key))
      const now = sha256Of(content)
      return now === sha256
        ? notYet(`${key} gives ${bytes} bytes with SHA-256 ${short(sha256)}, as before`)
        : happened(
            `${key} gives ${content.length} bytes with SHA-256 ${short(now)}, before it were ${bytes} with ${short(sha256)}`,
          )
    },
    async heal(_docker, { aws, bucket, key }) {
      await withS3(aws, async (s3) => {
        for (const version of await taggedVersions(s3, { bucket, key })) {
          await s3.remove(bucket, key, { version })
        }
      })
    },
    async residue(_docker, { aws, bucket, key }) {
      const left = await withS3(aws, (s3) => taggedVersions(s3, { bucket, key }))
      return left.map((version) => `version ${version} of ${bucket}/${key} is a fault's`)
    },
  }
}

const short = (sha256: string): string => sha256.slice(0, 12)

async function changed(s3: S3, { bucket, change }: ReplacedPlan, content: Buffer): Promise<Buffer> {
  switch (change.how) {
    case 'cut':
      return content.subarray(0, change.bytes)
    case 'flip': {
      const wrong = Buffer.from(content)
      const at = change.bit >> 3
      wrong[at] = (wrong[at] ?? 0) ^ (1 << (change.bit & 7))
      return wrong
    }
    case 'older':
      return s3.get(bucket, change.key, { version: change.version })
    case 'without':
      return withoutMember(content, change.member)
  }
}

/** The object of the same folder whose name comes before: names of backups begin with the date. */
async function before(s3: S3, { bucket, key }: ObjectPlan): Promise<string> {
  const prefix = key.slice(0, key.lastIndexOf('/') + 1)
  const earlier = (await s3.list(bucket, { prefix })).filter((each) => each.key < key).at(-1)
  if (earlier === undefined)
    throw new CannotPlan(`no object below "${prefix}" is older than ${key}`)
  return earlier.key
}
