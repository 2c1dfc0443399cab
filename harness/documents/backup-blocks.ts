import { AFTER_UPLOAD } from './after-upload-blocks.ts'
import type { Block } from './block.ts'

/** RB 3: what the runbook has for backups. */

const SCRIPT = '/opt/vault/scripts/backup.sh'
/** What the document takes for granted: its folders, and a token that may take snapshots. */
const MACHINE = `mkdir -p /etc/vault.d /var/vault/backups /var/log/vault
cp /drill/token /etc/vault.d/backup-token`

const DISABLE_KEY = `DRILL_KEY=$(aws kms describe-key --key-id $DRILL_KEY_ALIAS --query KeyMetadata.KeyId --output text)
aws kms disable-key --key-id $DRILL_KEY`
const ENABLE_KEY = `aws kms enable-key --key-id $DRILL_KEY && aws kms describe-key --key-id $DRILL_KEY --query KeyMetadata.KeyState --output text`

export const backupScript: Block = {
  id: 'rb-3.1-backup-script',
  title: 'The daily backup',
  document: 'RB',
  lines: '87-152',
  given: MACHINE,
  files: [
    {
      path: SCRIPT,
      mode: 0o755,
      text: `#!/bin/bash
set -euo pipefail

VAULT_ADDR="https://vault.alphapulse.io:8200"
VAULT_TOKEN="$(cat /etc/vault.d/backup-token)"
BACKUP_DIR="/var/vault/backups"
S3_BUCKET="s3://alphapulse-vault-backups"
DATE=$(date +%Y%m%d-%H%M%S)
SNAPSHOT_FILE="vault-snapshot-\${DATE}.snap"

vault status || { echo "Vault is sealed or unreachable"; exit 1; }

vault operator raft snapshot save "\${BACKUP_DIR}/\${SNAPSHOT_FILE}" || {
    echo "Snapshot failed"
    exit 1
}

vault operator raft snapshot inspect "\${BACKUP_DIR}/\${SNAPSHOT_FILE}" || {
    echo "Snapshot verification failed"
    exit 1
}

aws s3 cp "\${BACKUP_DIR}/\${SNAPSHOT_FILE}" \\
    "\${S3_BUCKET}/\${SNAPSHOT_FILE}" \\
    --server-side-encryption aws:kms \\
    --sse-kms-key-id "arn:aws:kms:us-east-1:123456789012:key/vault-backup-key"

${AFTER_UPLOAD}`,
    },
  ],
  steps: [
    {
      title: 'Run the script as cron does',
      lines: '102-116, 151',
      // What cron gives a job, and nothing of the shell it was written in.
      types: `env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin /bin/sh -c ${SCRIPT}`,
      expected: 'a snapshot is saved, inspected and uploaded',
      documented: {},
      shows: ['RB-09'],
      telling: /^(Code: |\* |Snapshot failed|Vault is sealed)/,
    },
    {
      title: 'Run it with both variables exported beforehand',
      lines: '112-122',
      types: `VAULT_ADDR=https://vault.alphapulse.io:8200 VAULT_TOKEN=<your-token> ${SCRIPT}`,
      expected: 'a snapshot is saved, inspected and uploaded',
      documented: {},
      telling: /failed|error occurred|Usage/i,
    },
    {
      title: 'Inspect a snapshot whose KMS key cannot be used',
      lines: '118-122',
      given: DISABLE_KEY,
      types: `vault operator raft snapshot inspect /var/vault/backups/vault-snapshot-*.snap`,
      expected: 'the integrity of the snapshot is verified, so that it can be restored',
      // Right would be to say that this snapshot opens nowhere as things are.
      documented: { exit: 1, says: /key|KMS/ },
      shows: ['RB-12'],
      telling: /^(Usage|ID|Version)\b/,
      lookAfter: ENABLE_KEY,
    },
    {
      title: 'Upload it',
      lines: '125-128, 709',
      types: `aws s3 cp /var/vault/backups/vault-snapshot-*.snap \\
    s3://alphapulse-vault-backups/vault-snapshot-as-written.snap \\
    --server-side-encryption aws:kms \\
    --sse-kms-key-id "arn:aws:kms:us-east-1:123456789012:key/vault-backup-key"`,
      expected: 'the object is there, encrypted with the key',
      documented: {},
      shows: ['RB-24'],
      telling: /Unknown options|failed|error/i,
    },
    {
      title: 'Upload with the key of the document, and the option that the command has',
      lines: '127-128, 709',
      types: `aws s3 cp /var/vault/backups/vault-snapshot-*.snap \\
    s3://alphapulse-vault-backups/vault-snapshot-as-written.snap \\
    --sse aws:kms \\
    --sse-kms-key-id "arn:aws:kms:us-east-1:123456789012:key/vault-backup-key"`,
      expected: 'the object is there, encrypted with the key',
      documented: {},
      shows: ['RB-22'],
      telling: /failed|error/i,
    },
    {
      title: 'Upload without a key, to see that the rest of the line is well',
      lines: '125-126',
      types: `aws s3 cp /var/vault/backups/vault-snapshot-*.snap \\
    s3://alphapulse-vault-backups/vault-snapshot-as-written.snap`,
      expected: 'the object is there',
      documented: {},
    },
  ],
}

export const manualBackup: Block = {
  id: 'rb-3.2-manual-backup',
  title: 'A backup by hand',
  document: 'RB',
  lines: '154-180',
  steps: [
    {
      title: 'SSH to the leader node',
      lines: '162-163',
      byPeople: 'the operator has no shell on a node here',
    },
    {
      title: 'Set the environment',
      lines: '165-167',
      types: `export VAULT_ADDR="https://vault.alphapulse.io:8200"
export VAULT_TOKEN="<your-token>"`,
      expected: 'both are set',
      documented: {},
    },
    {
      title: 'Take a snapshot',
      lines: '169-170',
      types: 'vault operator raft snapshot save /tmp/vault-manual-$(date +%Y%m%d-%H%M%S).snap',
      expected: 'a file is written',
      documented: {},
      lookAfter: 'tar tzf /tmp/vault-manual-*.snap | sort | paste -sd" "',
    },
    {
      title: 'Verify it',
      lines: '172-173',
      types: 'vault operator raft snapshot inspect /tmp/vault-manual-*.snap',
      expected: 'the snapshot is described',
      documented: {},
      telling: /^(Usage|ID|Size|Version)\b/,
    },
    {
      title: 'Upload it and list the last one',
      lines: '175-179',
      types: `aws s3 cp /tmp/vault-manual-*.snap s3://alphapulse-vault-backups/manual/
aws s3 ls s3://alphapulse-vault-backups/manual/ | tail -1`,
      expected: 'the object is listed',
      documented: { says: /vault-manual-/ },
    },
  ],
}

export const backupWithoutKms: Block = {
  id: 'rb-3.1-backup-without-kms',
  title: 'The backup while the KMS cannot be used',
  document: 'RB',
  lines: '112-134',
  given: `${MACHINE}
export VAULT_ADDR=https://balancer:8200 VAULT_TOKEN=$(cat /drill/token)`,
  steps: [
    {
      title: 'Save a snapshot',
      lines: '112-116',
      given: DISABLE_KEY,
      types: `BACKUP_DIR=/var/vault/backups SNAPSHOT_FILE=vault-snapshot-without-kms.snap
vault operator raft snapshot save "\${BACKUP_DIR}/\${SNAPSHOT_FILE}"`,
      expected: 'a snapshot is saved, or the command fails and leaves nothing that looks like one',
      documented: { looks: /^no file/ },
      shows: ['RB-11'],
      telling: /\* |[Ii]ncomplete|[Ee]rror/,
      lookAfter: `${ENABLE_KEY} >/dev/null
f=/var/vault/backups/vault-snapshot-without-kms.snap
if [ -s $f ]; then
  tar tzf $f 2>/dev/null | grep -qx SHA256SUMS.sealed && echo 'a whole file' || echo 'a file without SHA256SUMS.sealed'
else
  echo 'no file, or an empty one'
fi
rm -f $f`,
    },
  ],
}

export const backupVerification: Block = {
  id: 'rb-3.3-verify-backup',
  title: 'The weekly verification',
  document: 'RB',
  lines: '182-199',
  steps: [
    {
      title: 'Run the script',
      lines: '188-198',
      types: `LATEST_BACKUP=$(aws s3 ls s3://alphapulse-vault-backups/ | grep vault-snapshot | tail -1 | awk '{print $4}')
aws s3 cp "s3://alphapulse-vault-backups/\${LATEST_BACKUP}" /tmp/
vault operator raft snapshot inspect "/tmp/\${LATEST_BACKUP}" || {
    echo "CRITICAL: Backup verification failed"
    (exit 1)
}`,
      expected: '"Backup verification successful"',
      documented: {},
      telling: /CRITICAL|^Usage|^ID/,
    },
  ],
}
