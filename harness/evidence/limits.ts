import type { Verdict } from '../objectives/verdict.ts'
import type { Run } from './run-file.ts'

/** What a run used, as far as its own files tell. */
export type Used = { readonly run: Run; readonly verdicts: readonly Verdict[] }

/** What a run does not prove. Each report prints those that apply; no setting removes one. */
export type Limit = { readonly text: string; readonly applies: (used: Used) => boolean }

const always = (): boolean => true
const image =
  (name: string) =>
  ({ run }: Used): boolean =>
    run.images.some((used) => used.name === name)
/** Scenarios by the letters of their code in the catalogue: `RG` is the region family. */
const family =
  (...codes: readonly string[]) =>
  ({ verdicts }: Used): boolean =>
    verdicts.some(({ id }) => codes.some((code) => id === code || id.replace(/\d+$/, '') === code))
const fault =
  (pattern: RegExp) =>
  ({ verdicts }: Used): boolean =>
    verdicts.some(({ faults }) => faults.some(({ name }) => pattern.test(name)))
const product =
  (name: string) =>
  ({ verdicts }: Used): boolean =>
    verdicts.some((verdict) => verdict.product === name)

/** Repetitions from which the largest of n stands for the 95th percentile (95 % confidence). */
const RUNS_FOR_P95 = 59

export const LIMITS: readonly Limit[] = [
  {
    text: 'All nodes, the load balancer, the probe and LocalStack share one host: its load is part of every time, and the loss of a host, a rack or a zone is stood for by containers.',
    applies: always,
  },
  {
    text: 'EC2, machine images, VPC, Terraform, systemd and SSH of the documents are stood for by containers; production itself was not touched.',
    applies: always,
  },
  {
    text: 'The documents name Vault 1.15; this run used the versions named above.',
    applies: always,
  },
  {
    text: 'The files are chained by hashes and not signed: a change of a line is found, a complete rewriting of the directory is not.',
    applies: always,
  },
  {
    text: 'A seed repeats the choices and the schedule, not the interleaving: the same seed gives another recovery time.',
    applies: always,
  },
  {
    text: 'A recovery time is one sample of a distribution. Fewer than 59 repetitions say "worst of n", never a percentile.',
    applies: ({ verdicts }) =>
      verdicts.length < RUNS_FOR_P95 &&
      verdicts.some(({ objectives }) => objectives.some(({ kind }) => kind === 'rto')),
  },
  {
    text: 'The load generator shares the host with the servers: a latency holds what both needed of the same processors, and is an upper bound of what the servers alone would show.',
    applies: ({ verdicts }) => verdicts.some(({ loads = [] }) => loads.length > 0),
  },
  {
    text: 'A latency counts from the first byte of a request that is sent to the last one of its answer. What was needed to connect before is told beside it, and is a part of the gap between two good answers.',
    applies: ({ verdicts }) => verdicts.some(({ loads = [] }) => loads.length > 0),
  },
  {
    text: 'AWS is LocalStack: it does not enforce IAM and writes no KMS logs; that a key is used is seen by its API calls.',
    applies: image('localstack'),
  },
  {
    text: 'LocalStack does not encrypt SSE-KMS objects (only the state of the key is checked) and runs no lifecycle rules and no replication.',
    applies: family('BK', 'RS', 'RG', 'DL'),
  },
  {
    text: 'Both regions share one host, replication is a copy with a set lag, and Route 53 runs no health checks.',
    applies: family('RG', 'CL3', 'PR2'),
  },
  {
    text: 'A killed container keeps its page cache: a kill cannot show the loss of data that was never flushed to disk.',
    applies: fault(/kill/i),
  },
  {
    text: 'The load generator shares the processors with the cluster: latencies are those of this host under that load, not of the hardware that the documents have in mind.',
    applies: image('k6'),
  },
  {
    text: 'The cache is the one in the memory of one application; the Redis cache of the design (HLD:761-764) was not run. Outside of the drill suite 20 s stand for the five minutes of a rotation, and entries are made as old as in a cache that was in use for that long.',
    applies: family('CL4'),
  },
  {
    text: 'The clock inside a static server binary cannot be moved from outside; skew between nodes was not tried.',
    applies: family('HA', 'RS', 'DL', 'AC'),
  },
  {
    text: 'Links are cut and slowed by a TCP proxy and by packet filters, not by the kernel’s netem.',
    applies: family('NW'),
  },
  {
    text: 'Standbys of HashiCorp Vault hand reads to the leader, so each node’s own data was read while it led.',
    applies: product('vault'),
  },
  {
    text: '1Password, USB sticks, two-factor devices and the people who hold them are declared, not exercised.',
    applies: family('SL', 'PR'),
  },
]

export const limitsOf = (used: Used): readonly string[] =>
  LIMITS.filter(({ applies }) => applies(used)).map(({ text }) => text)
