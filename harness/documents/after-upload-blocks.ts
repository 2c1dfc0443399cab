import type { Block } from './block.ts'

/** RB 3.1 from its line 130 on, which the script as written never comes to. */

const REST = '/opt/vault/scripts/backup-after-upload.sh'

/** RB:130-144, as it stands. */
export const AFTER_UPLOAD = `aws s3 ls "\${S3_BUCKET}/\${SNAPSHOT_FILE}" || {
    echo "S3 upload verification failed"
    exit 1
}

find "\${BACKUP_DIR}" -name "vault-snapshot-*.snap" -mtime +7 -delete

echo "Backup completed: \${SNAPSHOT_FILE}" | logger -t vault-backup

echo "vault_backup_success_timestamp $(date +%s)" | curl -s -X POST \\
    --data-binary @- http://pushgateway:9091/metrics/job/vault-backup
`

/** What stands for the system's log: a program that keeps what is sent to it. */
const SYSLOG = `cat > /tmp/syslog.py <<'END'
import os, socket
if os.path.exists("/dev/log"):
    os.remove("/dev/log")
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
while True:
    line = log.recv(4096) + b"\\n"
    with open("/tmp/syslog", "ab") as file:
        file.write(line)
END
setsid python3 /tmp/syslog.py >/dev/null 2>&1 </dev/null &
for _ in $(seq 50); do [ -S /dev/log ] && break; sleep 0.1; done`

export const afterUpload: Block = {
  id: 'rb-3.1-after-the-upload',
  title: 'What the daily backup does after the upload',
  document: 'RB',
  lines: '130-144',
  given: `export S3_BUCKET=s3://alphapulse-vault-backups SNAPSHOT_FILE=vault-snapshot-by-hand.snap
export BACKUP_DIR=/var/vault/ten-days
mkdir -p $BACKUP_DIR
echo snapshot > /tmp/$SNAPSHOT_FILE && aws s3 cp /tmp/$SNAPSHOT_FILE $S3_BUCKET/$SNAPSHOT_FILE`,
  files: [
    {
      path: REST,
      mode: 0o755,
      text: `#!/bin/bash
set -euo pipefail

${AFTER_UPLOAD}`,
    },
  ],
  steps: [
    {
      title: 'Verify the upload',
      lines: '130-134',
      types: `aws s3 ls "\${S3_BUCKET}/\${SNAPSHOT_FILE}" || echo "S3 upload verification failed"`,
      expected: 'the object is listed',
      documented: { says: /vault-snapshot-by-hand\.snap/, saysNot: /failed/ },
      confirms: true,
    },
    {
      title: 'Clean up what is older than 7 days',
      lines: '136-137',
      // One of each day, made an hour earlier: seven of them are younger than seven days.
      given: `for n in 0 1 2 3 4 5 6 7 8 9; do
  touch -d "$n days ago 1 hour ago" $BACKUP_DIR/vault-snapshot-$n.snap
done`,
      types: `find "\${BACKUP_DIR}" -name "vault-snapshot-*.snap" -mtime +7 -delete`,
      expected: 'of one backup a day the seven that are younger than 7 days are left',
      documented: { looks: /^7$/ },
      shows: ['RB-27'],
      lookAfter: 'ls "$BACKUP_DIR" | grep -c .',
    },
    {
      title: 'Log the success',
      lines: '139-140',
      given: SYSLOG,
      types: `echo "Backup completed: \${SNAPSHOT_FILE}" | logger -t vault-backup`,
      expected: "a line in the system's log",
      documented: { looks: /vault-backup: Backup completed: vault-snapshot-by-hand\.snap/ },
      confirms: true,
      lookAfter: 'sleep 1; tail -n 1 /tmp/syslog',
    },
    {
      title: 'Run all of it while no Pushgateway answers',
      lines: '100, 130-144',
      given: "grep -q pushgateway /etc/hosts || echo '127.0.0.1 pushgateway' >> /etc/hosts",
      types: REST,
      expected: 'the backup is made and uploaded, and the job ends well',
      documented: {},
      shows: ['RB-26'],
      telling: /vault-snapshot-by-hand/,
    },
  ],
}
