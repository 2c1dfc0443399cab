import type { Options, Scenario } from 'k6/options'
import { given } from './given.ts'
import type { Mix, Operation } from './mix.ts'
import { type EndData, summaryOf, TREND_STATS, thresholdsOf } from './slo.ts'

/** What all scripts share: how k6 behaves around the one scenario that each of them has. */
export const optionsOf = (scenario: Scenario, mix: Mix): Options => ({
  scenarios: { load: scenario },
  hosts: { [hostIn(given.url)]: given.ip },
  // Ours name the operation and the endpoint; the rest of k6's would double the size of the samples.
  systemTags: ['status', 'error_code', 'expected_response'],
  summaryTrendStats: TREND_STATS,
  thresholds: thresholdsOf(given.objectives, operationsIn(mix)),
})

/** Those under way at the end have their time. */
export const gracefulStop = `${given.timeoutMs + 1000}ms`

/** Requests come at their time, whether others were answered or not. */
export const constantArrival = (mix: Mix): Options =>
  optionsOf(
    {
      executor: 'constant-arrival-rate',
      rate: given.ratePerS,
      timeUnit: '1s',
      duration: `${given.durationMs}ms`,
      ...usersFor(given.ratePerS),
      gracefulStop,
    },
    mix,
  )

/** Of the documents' users: each waits 0.55 s on average (HLD:1004), so 100 of them send 180 a second. */
const EACH_PER_S = 1.8

/**
 * Users, and so connections: those of the documents at the start, and at most as many as a service
 * that answers nobody keeps waiting, which is the rate times the time-out (Little's law). Each
 * makes its connection anew when the balancer drops all of them: more users would answer nothing
 * and make that storm larger. A request that finds none free is dropped, and counts as failed.
 */
export const usersFor = (ratePerS: number) => ({
  preAllocatedVUs: Math.ceil(ratePerS / EACH_PER_S),
  maxVUs: Math.ceil((ratePerS * given.timeoutMs) / 1000),
})

export const endSummary =
  (mix: Mix) =>
  (data: unknown): Record<string, string> => {
    const summary = summaryOf(data as EndData, given.objectives, operationsIn(mix))
    return { [given.summary]: `${JSON.stringify(summary, null, 2)}\n` }
  }

const operationsIn = (mix: Mix): readonly Operation[] => Object.keys(mix) as Operation[]

const hostIn = (url: string): string => url.replace(/^https?:\/\//, '').replace(/:\d+$/, '')
