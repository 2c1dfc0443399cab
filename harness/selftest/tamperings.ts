import { setTimeout as sleep } from 'node:timers/promises'
import { NS_PER_MS, RunClock } from '../lib/clock.ts'
import { acknowledgesAlone, cachesReads, deletesNothing, sendsTwice } from './lies.ts'
import { sealLeftBy } from './own-cache.ts'
import type { Tampering } from './short-run.ts'

/** What is wrong in the short runs, by name: of the product, of the way to it, of the harness. */
export const tamperings: Readonly<Record<string, Tampering>> = {
  'acknowledges-alone': { lie: () => acknowledgesAlone(10) },
  'sends-twice': { lie: () => sendsTwice(5) },
  'caches-reads': { lie: () => cachesReads(2000) },
  'deletes-nothing': { lie: () => deletesNothing },
  'two-leaders': { bugs: { twoLeadersMs: 1200 } },
  'probe-stops': {
    whileBroken: async (pid) => {
      process.kill(pid, 'SIGSTOP')
      await sleep(700)
      process.kill(pid, 'SIGCONT')
    },
  },
  'probe-skips': { probe: new URL('./closed-loop-process.ts', import.meta.url) },
  'other-clock': {
    probeClock: ({ base }) => new RunClock(base - BigInt(OFFSET_MS * NS_PER_MS)),
  },
  'unanswered-is-refused': {
    probe: new URL('./refusing-probe-process.ts', import.meta.url),
    workload: new URL('./refusing-workload-process.ts', import.meta.url),
  },
  'unanswered-is-acknowledged': {
    probe: new URL('./believing-probe-process.ts', import.meta.url),
    workload: new URL('./believing-workload-process.ts', import.meta.url),
  },
  'own-cache': {
    probe: new URL('./own-cache-process.ts', import.meta.url),
    readBack: sealLeftBy,
  },
}

const OFFSET_MS = 400
