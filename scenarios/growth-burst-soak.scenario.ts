import { hours, milliseconds, minutes, seconds } from '../harness/lib/duration.ts'
import { checks } from '../harness/objectives/checks.ts'
import { claim } from '../harness/objectives/claim.ts'
import { rpo } from '../harness/objectives/rpo.ts'
import { slo } from '../harness/objectives/slo.ts'
import { burst, growth, sessions, steadyBesideLanes } from '../harness/probes/traffic.ts'
import { scenario } from '../harness/scenario.ts'

const TENANTS = [1, 10, 100, 1000]
const GROWTH_PER_S = 100
/** Half of what a machine carries beside lanes: a burst is ten times that, a soak lasts an hour. */
const SHARE = 0.5
const BURST = { times: 10, after: seconds(5), lasts: seconds(10) }
const AROUND_BURST = seconds(20)
/** Six requests each: a thousand in the step, which a p99 needs. */
const SESSIONS = { tenants: 100, ratePerS: 6 }
const LEVEL = {
  heapMiB: 'the memory that each server holds levels off',
  descriptors: 'the file descriptors of each server level off',
  raftLogMiB: 'the Raft log of each node levels off',
} as const
const LOOKS = 60

/** A cell of the table, for one load. */
const cell = (load: string, op: 'read' | 'list', p99: number) =>
  claim({
    source: `HLD:${{ read: 749, list: 751 }[op]}`,
    says: `${load}: ${op} P99 below ${p99} ms`,
    slo: slo({ id: `${load}-${op}`, op, p99: milliseconds(p99), phases: ['steady'], load }),
  })

/** Of all its requests: of one operation it has too few for a p99. */
const together = (load: string) =>
  claim({
    source: 'HLD:1071',
    says: `${load}: all requests P99 below 50 ms`,
    slo: p99Of(load),
  })

const p99Of = (load: string) =>
  slo({
    id: `${load}-p99`,
    ...{ op: 'all', p99: milliseconds(50), phases: ['steady'], load, source: 'HLD:1071' },
  })

const errorsOf = (load: string) =>
  slo({
    id: `${load}-errors`,
    ...{ op: 'all', errors: 0.001, phases: ['steady'], load, source: 'HLD:1072' },
  })

const whole = (load: string) => [p99Of(load), errorsOf(load)]

export const growthBurstSoak = scenario(
  'The load grows to a thousand tenants, comes tenfold for a while, and lasts',
  {
    id: 'LD4',
    source: 'HLD:766-776',
    hypothesis:
      'A healthy cluster serves a thousand tenants, gets over a burst, and does not grow.',
    suites: (variant) => (variant === 'soak' ? ['soak'] : ['nightly']),
    load: (variant) => (variant === 'soak' ? 'steady' : 'none'),
    traffic: ({ soak }, variant) =>
      variant === 'soak' ? [steadyBesideLanes({ lasts: soak, share: SHARE })] : [],
    lengths: () => ({ step: seconds(35), soak: hours(1) }),
    leaves: 'healthy',
    // Said in so many words, growth has a cluster of its own, on which nobody has been before.
    cluster: (variant) => (variant === 'growth' ? { nodes: 3 } : {}),
    objectives: (_multiplier, variant) => {
      if (variant === 'growth') return TENANTS.map((n) => errorsOf(`tenants-${n}`))
      if (variant === 'burst') return [...whole('before'), ...whole('after')]
      if (variant === 'sessions') return [errorsOf('sessions')]
      return [
        checks({ id: 'level', all: Object.values(LEVEL), source: 'HLD:766-776' }),
        ...whole('open'),
        rpo({ lostWrites: 0, source: 'HLD:871' }),
      ]
    },
    // Where a cell is not held any more, there is the knee.
    claims: (_multiplier, variant) => {
      if (variant === 'burst') return [cell('burst', 'read', 20), together('burst')]
      if (variant === 'sessions') return [together('sessions')]
      if (variant !== 'growth') return []
      return TENANTS.flatMap((n) => [
        cell(`tenants-${n}`, 'read', 20),
        cell(`tenants-${n}`, 'list', 100),
      ])
    },
    deadline: minutes(70),
  },
  {
    growth: async ({ cluster, length, note, send }) => {
      for (const tenants of TENANTS) {
        await send(growth({ tenants, ratePerS: GROWTH_PER_S, lasts: length('step') }))
        const listed = (await cluster.secrets().list('tenants')).data as { keys?: unknown[] }
        note(`${listed.keys?.length ?? 0} tenants are listed`)
      }
    },

    burst: async ({ length, send }) => {
      const usual = steadyBesideLanes({ lasts: length('step'), share: SHARE })
      await send({ ...usual, load: 'before' })
      // Its users are connected when it comes, a few seconds after their first request.
      await send({ ...burst({ ...usual, burst: BURST, lasts: AROUND_BURST }), load: 'burst' })
      await send({ ...usual, load: 'after' })
    },

    sessions: async ({ length, send }) => {
      await send({ ...sessions({ ...SESSIONS, lasts: length('step') }), load: 'sessions' })
    },

    soak: async ({ check, inspect, length, loaded, note }) => {
      const every = { ms: Math.max(seconds(5).ms, length('soak').ms / LOOKS) }
      const looks = await inspect.vitalsWhile(every, loaded)
      for (const [of, title] of Object.entries(LEVEL)) {
        const level = inspect.level(looks, of as keyof typeof LEVEL)
        if (level === undefined) note(`too short to tell whether ${title}`)
        else await check(title, 'level', async () => level)
      }
      note(`${looks.length} looks, ${inspect.raftEntries(looks)} entries of the Raft log`)
      for (const line of inspect.vitals(looks)) note(line)
    },
  },
)
