import type { Coverer, Part } from './coverage.ts'

const hld = (from: number, to: number, says: string, by: Coverer): Part => ({
  document: 'HLD',
  lines: [from, to],
  says,
  by,
})
const noStep = (why: string): Coverer => ({ noStep: why })
const notYet = (why: string): Coverer => ({ notYet: why })

const MONITORING = notYet('monitoring and alerting are not built')
const KUBERNETES = notYet('nothing runs on Kubernetes here')
const CLIENT = ['hld-5-client']
const design = (...blocks: readonly string[]): Coverer => ({
  blocks,
  scenarios: ['design-as-written'],
})

/** The design, top to bottom. */
export const designParts: readonly Part[] = [
  hld(1, 12, 'title, overview', noStep('nothing is done')),
  hld(13, 55, 'the system: clients, three nodes, KMS, disks, audit', { scenarios: ['bring-up'] }),
  hld(56, 78, 'three containers for development', { scenarios: ['design-as-written'] }),
  hld(79, 114, 'a stateful set for production', KUBERNETES),
  hld(
    115,
    158,
    "a node's configuration: storage and listeners",
    design('hld-1-one-listener', 'hld-2-data-volume', 'hld-3-init-script'),
  ),
  hld(159, 169, "a node's configuration: addresses and seal", { scenarios: ['bring-up'] }),
  hld(
    170,
    176,
    "a node's configuration: telemetry",
    design('hld-1-one-listener', 'hld-3-init-script'),
  ),
  hld(177, 184, "a node's configuration: UI, log", noStep('nothing depends on it')),
  hld(185, 196, 'the override for development', design('hld-1-seal-file')),
  hld(197, 313, 'Docker Compose', {
    blocks: ['hld-1-seal-file', 'hld-2-data-volume'],
    scenarios: ['design-as-written'],
  }),
  hld(314, 381, 'the script: initialise and join', {
    blocks: ['hld-3-init-script'],
    scenarios: ['design-as-written', 'bring-up'],
  }),
  hld(382, 386, 'the script: audit', { scenarios: ['bring-up', 'audit-continuity'] }),
  hld(387, 391, 'the script: KV version 2', { scenarios: ['bring-up'] }),
  hld(392, 409, 'the script: tenant policy', { scenarios: ['bring-up', 'tenant-isolation'] }),
  hld(410, 424, 'the script: status and next steps', { scenarios: ['bring-up'] }),
  hld(425, 491, 'the health check script', {
    blocks: ['hld-4-health-script'],
    scenarios: ['signs-as-written', 'health-codes'],
  }),
  hld(492, 541, 'the client: construction', {
    blocks: CLIENT,
    scenarios: ['kv-lifecycle', 'client-as-written'],
  }),
  hld(542, 563, 'the client: read', { scenarios: ['kv-lifecycle', 'client-errors'] }),
  hld(564, 581, 'the client: write', { scenarios: ['kv-lifecycle', 'client-errors'] }),
  hld(582, 597, 'the client: delete', {
    blocks: CLIENT,
    scenarios: ['kv-lifecycle', 'client-as-written'],
  }),
  hld(598, 617, 'the client: health', {
    blocks: CLIENT,
    scenarios: ['client-errors', 'client-as-written'],
  }),
  hld(618, 640, 'where secrets are, and their fields', {
    blocks: ['rb-hld-data-layout'],
    scenarios: ['data-layout'],
  }),
  hld(641, 665, 'metadata in PostgreSQL', notYet('there is no PostgreSQL in the stack')),
  hld(666, 679, 'encryption', { scenarios: ['encryption'] }),
  hld(680, 702, 'policies and authentication', {
    scenarios: ['tenant-isolation', 'token-expiry', 'access-after-restore'],
  }),
  hld(703, 741, 'audit', { scenarios: ['audit-continuity', 'disk-full-audit'] }),
  hld(742, 752, 'latency targets', { scenarios: ['latency-table', 'cached-client'] }),
  hld(753, 760, 'cache in the application', { scenarios: ['cached-client'] }),
  hld(761, 765, 'cache in Redis', notYet('there is no Redis in the stack')),
  hld(766, 770, 'throughput', { scenarios: ['latency-table', 'growth-burst-soak'] }),
  hld(771, 772, 'three to seven nodes', { scenarios: ['quorum-loss', 'five-nodes'] }),
  hld(773, 777, 'scaling of the application', { scenarios: ['cached-client'] }),
  hld(778, 792, 'metrics', MONITORING),
  hld(793, 805, 'health endpoint', { scenarios: ['health-codes'] }),
  hld(806, 840, 'alerting rules', MONITORING),
  hld(841, 853, 'snapshots by hand and by cron', {
    blocks: ['hld-backup-strategy'],
    scenarios: ['backup-job', 'backup-schedule', 'signs-as-written'],
  }),
  hld(854, 859, 'restore', {
    procedures: ['restore-in-place', 'restore-cluster'],
    scenarios: ['restore-in-place', 'full-restore'],
  }),
  hld(860, 862, 'where backups are kept', { scenarios: ['retention'] }),
  hld(863, 864, 'GPG before the upload', {
    procedures: ['backup'],
    scenarios: ['gpg-backup'],
  }),
  hld(865, 872, 'scenario 1: a node fails', {
    procedures: ['replace-node'],
    scenarios: ['follower-loss', 'node-replacement', 'rolling-restart', 'slo-under-fault'],
  }),
  hld(873, 878, 'scenario 2: the leader fails', {
    scenarios: ['leader-crash', 'leader-handover', 'leader-freeze', 'slo-under-fault'],
  }),
  hld(879, 884, 'scenario 3: all nodes are lost', {
    procedures: ['restore-cluster'],
    scenarios: ['full-restore'],
  }),
  hld(885, 890, 'scenario 4: KMS is not there', {
    scenarios: ['kms-outage-running', 'kms-outage-restart', 'kms-outage-failover', 'triage'],
  }),
  hld(891, 941, 'unit tests of the client', {
    scenarios: ['kv-lifecycle', 'client-as-written'],
    untyped: 'they put a mock in the place of the server; what they expect is asked of a real one',
  }),
  hld(942, 987, 'integration tests of the client', {
    scenarios: ['kv-lifecycle', 'client-as-written'],
  }),
  hld(988, 1074, 'load tests', { scenarios: ['load-slo'] }),
  hld(1075, 1098, 'setting up for development', {
    blocks: ['hld-3-init-script', 'hld-4-health-script'],
    scenarios: ['design-as-written', 'signs-as-written'],
  }),
  hld(1099, 1106, 'production: a Kubernetes cluster', KUBERNETES),
  hld(1107, 1112, 'production: a KMS key behind an alias', { scenarios: ['bring-up'] }),
  hld(1113, 1125, 'production: Helm and kubectl', KUBERNETES),
  hld(1126, 1131, 'accepted: nodes, peers, seal, audit', { scenarios: ['bring-up'] }),
  hld(1132, 1132, 'accepted: a node is killed', { scenarios: ['follower-loss', 'leader-crash'] }),
  hld(1133, 1134, 'accepted: latency', { scenarios: ['latency-table', 'load-slo'] }),
  hld(1135, 1135, 'accepted: metrics', MONITORING),
  hld(1136, 1137, 'accepted: backup and restore', {
    procedures: ['restore-cluster'],
    scenarios: ['full-restore', 'backup-as-written'],
  }),
  hld(1138, 1143, 'next steps', noStep('other stories')),
]
