import type { Coverer, Part } from './coverage.ts'

const rb = (from: number, to: number, says: string, by: Coverer): Part => ({
  document: 'RB',
  lines: [from, to],
  says,
  by,
})
const noStep = (why: string): Coverer => ({ noStep: why })
const notYet = (why: string): Coverer => ({ notYet: why })

const backup = (...scenarios: readonly string[]): Coverer => ({
  procedures: ['backup'],
  blocks: ['rb-3.1-backup-script', 'rb-3.1-after-the-upload'],
  scenarios: ['backup-job', 'backup-as-written', ...scenarios],
})
const RESTORED: Coverer = {
  procedures: ['restore-cluster'],
  blocks: ['rb-4.1-restore-shamir', 'rb-4.1-restore-awskms'],
  scenarios: ['full-restore', 'restore-without-restart', 'restore-as-written', 'snapshot-missing'],
}
const REPLACED: Coverer = {
  procedures: ['replace-node'],
  blocks: ['rb-4.2-replace-node', 'rb-4.2-join-replacement'],
  scenarios: ['node-replacement', 'replace-as-written'],
}
const UNSEAL: Coverer = {
  procedures: ['restore-key', 'unseal-nodes'],
  blocks: ['rb-5.2-manual-unseal'],
  scenarios: ['manual-unseal', 'triage', 'key-disabled-restart'],
}
const RETRIEVED: Coverer = {
  procedures: ['generate-root-token', 'unseal-nodes'],
  blocks: ['rb-5.2-manual-unseal'],
  scenarios: ['custody-people', 'manual-unseal', 'triage'],
}
const PITR: Coverer = {
  procedures: ['undelete-secret', 'recover-secrets'],
  blocks: ['rb-6.3-point-in-time'],
  scenarios: ['soft-delete', 'surgical-pitr', 'no-snapshot-before', 'pitr-as-written'],
}
const REGION = notYet('failover to another region is not built')
const MONITORING = notYet('monitoring and alerting are not built')

/** The runbook, top to bottom. */
export const runbookParts: readonly Part[] = [
  rb(1, 27, 'title, contents, overview', noStep('nothing is done')),
  rb(28, 32, 'SLA, RTO, RPO', noStep('limits: they are objectives and claims of scenarios')),
  rb(33, 43, 'contacts', noStep('names')),
  rb(44, 69, 'three nodes behind a balancer', { scenarios: ['bring-up', 'lb-failover'] }),
  rb(70, 75, 'the components', { scenarios: ['bring-up', 'health-codes'] }),
  rb(76, 84, 'storage and encryption', { scenarios: ['encryption'] }),
  rb(85, 94, '3.1 daily at 02:00', {
    procedures: ['backup'],
    scenarios: ['backup-schedule', 'rpo-by-schedule'],
  }),
  rb(95, 107, '3.1 the script sets its variables', backup('backup-token')),
  rb(108, 111, '3.1 health check', backup()),
  rb(112, 117, '3.1 take a snapshot', backup('backup-via-standby', 'backup-kms-outage')),
  rb(118, 123, '3.1 verify its integrity', backup('backup-kms-outage')),
  rb(124, 135, '3.1 upload it and verify the upload', backup('s3-outage', 'backup-key-disabled')),
  rb(136, 138, '3.1 delete local files after 7 days', backup('retention')),
  rb(139, 146, '3.1 log the success, push the metric', backup()),
  rb(147, 153, '3.1 the crontab entry', backup('backup-schedule')),
  rb(154, 181, '3.2 a backup by hand', {
    procedures: ['backup'],
    blocks: ['rb-3.2-manual-backup'],
    scenarios: ['manual-backup', 'backup-as-written'],
  }),
  rb(182, 202, '3.3 the weekly verification', {
    procedures: ['verify-backup', 'restore-verify'],
    blocks: ['rb-3.3-verify-backup'],
    scenarios: ['weekly-verification', 'backup-as-written'],
  }),
  rb(203, 217, '4.1 step 1: provision three nodes', {
    ...RESTORED,
    untyped: 'the machines are there already',
  }),
  rb(218, 224, '4.1 step 2: download the latest backup and verify it', RESTORED),
  rb(225, 228, '4.1 step 3: initialise the first node', {
    procedures: ['restore-cluster'],
    blocks: ['rb-4.1-init-under-awskms', 'rb-4.1-restore-awskms'],
    scenarios: ['full-restore', 'restore-as-written', 'design-as-written'],
  }),
  rb(229, 238, '4.1 step 3: store the keys, unseal the first node', {
    procedures: ['restore-cluster', 'audit-key-custody'],
    blocks: ['rb-4.1-restore-shamir', 'rb-5.2-manual-unseal'],
    scenarios: ['full-restore', 'restore-as-written', 'seal-custody', 'triage'],
  }),
  rb(239, 242, '4.1 step 4: restore the snapshot', {
    procedures: ['restore-cluster'],
    blocks: [
      'rb-4.1-restore-shamir',
      'rb-4.1-restore-awskms',
      'rb-4.1-restore-refused',
      'rb-4.1-production-overwritten',
      'rb-4.1-nobody-behind-balancer',
    ],
    scenarios: ['full-restore', 'restore-as-written'],
  }),
  rb(243, 258, '4.1 step 5: join nodes 2 and 3', RESTORED),
  rb(259, 268, '4.1 step 6: verify the cluster', RESTORED),
  rb(269, 272, '4.1 step 7: verify the data', {
    procedures: ['restore-cluster'],
    blocks: ['rb-4.1-restore-shamir', 'rb-4.1-restore-awskms', 'rb-hld-data-layout'],
    scenarios: ['full-restore', 'restore-as-written', 'data-layout'],
  }),
  rb(273, 276, '4.1 step 8: re-enable auto-unseal', {
    ...RESTORED,
    untyped: 'what it changes is the configuration; the seal is that of RB:328 from the beginning',
  }),
  rb(277, 279, '4.1 step 9: point the balancer at the new cluster', {
    ...RESTORED,
    untyped: 'it names no command',
  }),
  rb(280, 284, '4.1 step 10: tell those who wait', {
    ...RESTORED,
    untyped: 'a message, whose time is declared',
  }),
  rb(285, 294, '4.2 step 1: remove the failed node', REPLACED),
  rb(295, 297, '4.2 step 2: provision the replacement', {
    ...REPLACED,
    untyped: 'it names no command',
  }),
  rb(298, 301, '4.2 step 3: join it', REPLACED),
  rb(302, 306, '4.2 step 4: unseal it', REPLACED),
  rb(307, 310, '4.2 step 5: verify the cluster', REPLACED),
  rb(311, 317, '4.2 step 6: watch the replication', REPLACED),
  rb(318, 333, '5.1 auto-unseal by AWS KMS', { scenarios: ['bring-up', 'cold-start'] }),
  rb(334, 353, '5.1 troubleshooting', { blocks: ['rb-5.1-triage'], scenarios: ['triage'] }),
  rb(354, 365, '5.2 when KMS is not there', {
    scenarios: ['kms-outage-running', 'kms-outage-restart', 'kms-key-lost', 'triage'],
  }),
  rb(366, 375, '5.2 step 1: retrieve the unseal keys', RETRIEVED),
  rb(376, 392, '5.2 step 2: unseal the first node', UNSEAL),
  rb(393, 403, '5.2 step 3: unseal nodes 2 and 3', {
    ...UNSEAL,
    blocks: ['rb-5.2-manual-unseal-of-others'],
  }),
  rb(404, 408, '5.2 step 4: verify the cluster', UNSEAL),
  rb(409, 424, '5.3 rotate the seal keys', {
    procedures: ['rotate-recovery-keys', 'rotate-barrier-key', 'rotate-kms-key'],
    blocks: ['rb-5.3-rekey'],
    scenarios: ['seal-key-rotation', 'kms-key-rotation', 'rekey-as-written'],
  }),
  rb(425, 428, '6 heading', noStep('a heading')),
  rb(429, 439, '6.1 a region fails', REGION),
  rb(440, 446, '6.1 step 1: declare it', REGION),
  rb(447, 450, '6.1 step 2: launch a cluster in us-west-2', REGION),
  rb(451, 454, '6.1 step 3: download the replicated backup', REGION),
  rb(455, 457, '6.1 step 4: restore', REGION),
  rb(458, 476, '6.1 step 5: move DNS', REGION),
  rb(477, 489, '6.1 steps 6 and 7: resume, look back', REGION),
  rb(490, 502, '6.2 step 1: identify corruption', {
    blocks: [
      'rb-6.2-identify-corruption',
      'rb-6.2-signs-of-flipped-data',
      'rb-6.2-signs-of-a-flipped-header',
      'rb-6.2-peers-beside-damage',
    ],
    scenarios: ['corrupt-node', 'signs-as-written'],
  }),
  rb(503, 506, '6.2 step 2: isolate the corrupted node', {
    procedures: ['isolate-corrupted-node'],
    blocks: ['rb-6.2-remove-corrupted'],
    scenarios: ['corrupt-node'],
  }),
  rb(507, 509, '6.2 step 3: restore from a backup', {
    procedures: ['restore-in-place', 'restore-cluster'],
    scenarios: ['restore-in-place', 'full-restore'],
  }),
  rb(510, 515, '6.2 step 4: look for the cause', noStep('people look at disks and deployments')),
  rb(516, 525, '6.3 step 1: when was it deleted', PITR),
  rb(526, 529, '6.3 step 2: find the backup before it', PITR),
  rb(530, 533, '6.3 step 3: restore it to a temporary instance', PITR),
  rb(534, 536, '6.3 step 4: extract the secret', PITR),
  rb(537, 541, '6.3 step 5: import it into production', PITR),
  rb(542, 555, '6.3 step 6: test it with the exchange', {
    ...PITR,
    untyped: 'it takes the exchange itself',
  }),
  rb(556, 567, '7.1 metrics', MONITORING),
  rb(568, 586, '7.2 health endpoints', {
    blocks: ['rb-7.2-health'],
    scenarios: ['signs-as-written', 'health-codes'],
  }),
  rb(587, 624, '7.3 alerting rules', MONITORING),
  rb(625, 649, '8.1 the monthly drill', {
    procedures: ['monthly-drill'],
    scenarios: ['monthly-drill'],
  }),
  rb(650, 674, '8.2 the quarterly failover', REGION),
  rb(675, 684, '9.1 where the keys are', {
    procedures: ['audit-key-custody'],
    scenarios: ['seal-custody', 'custody-people', 'triage'],
  }),
  rb(685, 701, '9.2 configuration files', { scenarios: ['certificate-expiry'] }),
  rb(702, 711, '9.3 AWS resources', { scenarios: ['triage', 'backup-as-written'] }),
  rb(712, 733, 'changelog, contacts, status', noStep('the review date; coverage tells ours')),
]
