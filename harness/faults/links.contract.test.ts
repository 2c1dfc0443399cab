import { afterEach, describe, expect, test } from 'vitest'
import { seconds } from '../lib/duration.ts'
import { onStage } from '../made-stage.ts'
import { runTool } from '../stack/toolbox.ts'
import { planFault } from './bring-about.ts'
import { lookThrough } from './dials.ts'
import { BadAim, CannotPlan } from './fault.ts'
import { flappingLinks } from './link-flapping.ts'
import { linksOf } from './link-target.ts'
import { refused } from './links.ts'
import { bite, context, healsFromDisk, isOver, provesItself, refusesSecond } from './made-proof.ts'
import { blackholed, closedAfter, narrowed, reset, slowed } from './toxics.ts'

const on = onStage('link-faults')

afterEach(async () => {
  await on().cluster.converge(context.signal)
})

const ONE = 'vault-1->raft-vault-2'

test.each([
  [
    'later',
    slowed(ONE, { latencyMs: 60, jitterMs: 10 }),
    /take 1\d\d.* ms and more, past it at most/,
  ],
  ['later to AWS as well', slowed('vault-1->kms', { latencyMs: 60 }), /vault-1->kms take 1\d\d/],
  [
    'less at a time',
    narrowed(ONE, 32),
    /^32000 bytes through .* take ([5-9]\d\d|[1-4]\d{3})(\.\d)? ms/,
  ],
  ['nothing', blackholed('balancer->vault-2'), /^balancer->api-vault-2: connected, and no answer/],
  ['a reset', reset(ONE), /connection reset by peer$/],
  ['only so many bytes', closedAfter(ONE, 4096), /cut off without an answer while saying 6096/],
  ['no connection', refused(ONE), /^a connection is refused from inside the pod: 1 links/],
  ['both links of a pair', refused('vault-1->vault-3'), /: 2 links, such as vault-1->api-vault-3$/],
  [
    'a connection now and then',
    flappingLinks(ONE, 1000),
    /refused, then open, then refused again$/,
  ],
] as const)(
  'a link that carries %s is seen from inside, heals, and nothing is left',
  async (_, fault, said) => {
    expect(await provesItself(on().cluster, fault)).toMatch(said)
  },
)

test('every link at once is slower and quick again', async () => {
  const every = await linksOf(on().cluster, 'all', context.seed)
  const witness = await provesItself(on().cluster, slowed('all', { latencyMs: 120 }))
  expect(witness).toMatch(new RegExp(`through each of ${every.length} links take \\d`))
})

test('links that flap are stopped by another process, and by nobody twice', async () => {
  const { cluster, docker } = on()
  const fault = flappingLinks('vault-1->*', 1000)
  const { plan } = await bite(cluster, fault)
  expect(await fault.kind.residue(docker, plan)).toContainEqual(expect.stringContaining('flapper'))
  await refusesSecond(cluster, fault, plan)
  await healsFromDisk(cluster, fault, plan)
  const processes = await runTool(docker.engine, cluster.toolbox('vault-1'), 'ps ax || true')
  expect(processes).not.toContain('proxies')
  await isOver(cluster, fault, plan)
})

test('two faults on one link: the healing of one leaves the other in force', async () => {
  const { cluster, docker } = on()
  const slow = slowed(ONE, { latencyMs: 50 })
  const thin = closedAfter(ONE, 4096)
  const first = await bite(cluster, slow)
  const second = await bite(cluster, thin)
  await healsFromDisk(cluster, slow, first.plan)
  expect(await thin.kind.witness(cluster, second.plan)).toMatchObject({ happened: true })
  await healsFromDisk(cluster, thin, second.plan)
  const [link] = await linksOf(cluster, ONE, context.seed)
  expect(await on().cluster.pod('vault-1').links.residue()).toEqual([])
  expect(await lookThrough(docker, link === undefined ? [] : [link])).toMatchObject([
    { what: 'answered' },
  ])
})

describe('a target', () => {
  test.each([
    ['peers', 12],
    ['vault-1->*', 6],
    ['*->vault-1', 6],
    ['vault-1,vault-2->kms', 2],
    ['vault-1->kms;vault-2->s3', 2],
    ['leader->standbys', 4],
    ['operator->balancer', 1],
  ])('%s is %i links', async (target, count) => {
    expect(await linksOf(on().cluster, target, context.seed)).toHaveLength(count)
  })

  test.each(['vault-1', 'vault-1->vault-1', 'vault-1->moon', 'a->b->c', 'balancer->kms'])(
    '%s is refused',
    async (target) => {
      const planned = planFault(refused(target), on().cluster, context)
      await expect(planned).rejects.toThrow(CannotPlan)
    },
  )
})

test(
  'what nobody could see is refused before anything is touched',
  async () => {
    const planned = planFault(slowed(ONE, { latencyMs: 2 }), on().cluster, context)
    await expect(planned).rejects.toThrow(BadAim)
    expect(await on().cluster.pod('vault-1').links.residue()).toEqual([])
  },
  seconds(20).ms,
)
