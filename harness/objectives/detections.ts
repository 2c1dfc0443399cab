/**
 * Every alarm that can ring over a record, and what makes it ring. Gates have their own id,
 * findings that of the rule which was broken. The self-test switches them off one by one: a
 * detector without which nothing slips through is not proved to work.
 */
export const DETECTORS = {
  // Is the measurement itself right?
  chains: 'a file is not as it was written',
  recorder: 'a file was never closed, is missing, or a client did what a sequential one cannot',
  clocks: 'wall clock and run clock moved apart, or two processes count from different instants',
  'probe-coverage': 'the probe did not look all the time',
  calibration: 'the probe errs on outages of known length',
  'probe-process': 'the event loop of the probe stalls',
  host: 'the host has no CPU to spare',
  'fresh-lane': 'fresh connections tell another recovery than kept-alive ones',
  'fresh-reader': 'what was written was read back by the process that wrote it',
  'checkers-agree': 'the two consistency checkers differ',
  'clean-start': 'the cluster was not clean and settled before the fault',
  undisturbed: 'somebody else did something to a node',
  'load-generator': 'the load generator had no headroom, or was slower than planned',
  'load-dropped': 'requests of the load were never sent where a latency is judged',
  'load-ended': 'the load generator did not come to a good end, or its exit code was lost',
  'load-summary': 'the samples of the load are not what the generator itself counted',
  'load-baseline': 'the load met its limits not even before the fault',
  // Was anything put to the test?
  'fault-witnessed': 'nobody but its injector saw the fault',
  residue: 'something is left of a fault',
  'enough-samples': 'too little load before the fault, or it was not good',
  operations: 'a kind of operation was never acknowledged, or the workload was too slow',
  'read-back-complete': 'not every acknowledged write was read on every node',
  'read-out-complete': 'not every register was read on every node',
  'must-observe': 'the point of the scenario never happened',
  'load-thresholds': 'a threshold of the load was forgotten, changed or misnamed',
  'load-samples': 'too few requests of the load for what is said of them',
  'raft-oracle': 'a crash was over before Raft can have noticed it',
  // Does the product keep its promise?
  rto: 'the service came back too late',
  'no-outage': 'a client got a bad answer',
  slo: 'the load was answered too slowly, or too often badly',
  checks: 'a fact was not as it should be',
  'lost-write': 'an acknowledged write is gone',
  corrupt: 'content is not what was written',
  ghost: 'a refused write is there',
  duplicate: 'a write was applied twice',
  'rpo-window': 'what was lost reaches back too far',
  'inconsistent-cut': 'a later write survived an earlier one that was lost',
  A1: 'a version of a register has no owner or two, or there is a gap',
  A2: 'a read or a write went back behind a version that was already seen',
  A3: 'a version was read before it was written',
  A4: 'a conditional write was applied or refused against its condition',
  A5: 'an acknowledged version is gone, or a refused one is there',
  B: 'no order of the operations on a register explains their answers',
  resurrected: 'a deleted secret is back',
  'nodes-differ': 'two nodes have different data',
  cut: 'what a restore brought back is not the state of one instant',
  // Did the scenario come to its end?
  aborted: 'the run was stopped',
  error: 'the scenario met an error',
  step: 'a step of the runbook failed',
  ended: 'the journal has no end',
  expects: 'a miss that should come did not',
} as const

export type DetectorId = keyof typeof DETECTORS

/** Ids of detectors that do not ring; none but the self-test has any. */
export type Off = ReadonlySet<string>

export const NONE_OFF: Off = new Set()

/** One rule that was broken. */
export type Finding = { readonly id: DetectorId; readonly because: string }

/** The findings of the detectors that are on. */
export const audible = (findings: readonly Finding[], off: Off): readonly Finding[] =>
  findings.filter(({ id }) => !off.has(id))

/**
 * Ids of the detectors that rang: gates that failed and rules that were broken, also where a
 * gate kept the objective from being missed. Empty for a verdict of before they were recorded.
 */
export const detections = (verdict: { readonly detected?: readonly string[] }): readonly string[] =>
  verdict.detected ?? []
