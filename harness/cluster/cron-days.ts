import { type Duration, hours, milliseconds } from '../lib/duration.ts'
import type { OperatorShell } from './operator-shell.ts'

export type CronDays = {
  /** Of the host: `Europe/Berlin`. */
  readonly hostZone: string
  /** Of cron itself, where its environment names another one (`TZ=UTC` in `/etc/default/cron`). */
  readonly cronZone?: string
  /** When cron is started, in its own time: `2026-03-28 12:00:00`. */
  readonly from: string
  /** The same instant in milliseconds since 1970. */
  readonly fromMs: number
  readonly length: Duration
  /** Job → the first five fields of its line: `0 2 * * *`. */
  readonly lines: Readonly<Record<string, string>>
}

/** An hour passes in half a second. */
const SPEED = 7200
const [TABLE, FIRED, JOB] = ['/etc/cron.d/drill', '/drill/cron-fired', '/drill/cron-job']

/**
 * Lets Debian's own cron live through some days, with a clock that runs 7200 times as fast
 * (libfaketime), and gives when it started each job, to the hour, in UTC. The times in the lines
 * are real; in the place of the commands stands one that notes the instant, because a backup takes
 * a second, which is two hours here.
 * @throws {ShellFailed}
 */
export async function cronDays(
  shell: OperatorShell,
  { hostZone, cronZone, from, fromMs, length, lines }: CronDays,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const table = Object.entries(lines).map(([job, fields]) => `${fields} root ${JOB} ${job}\n`)
  await shell.put([
    { path: JOB, content: `#!/bin/sh\necho "$1 $(date +%s%3N)" >> ${FIRED}\n`, mode: 0o755 },
    { path: TABLE, content: table.join(''), mode: 0o644 },
  ])
  const real = milliseconds(length.ms / SPEED)
  const said = await shell.mustType(
    `ln -sf /usr/share/zoneinfo/${hostZone} /etc/localtime
rm -f ${FIRED} /run/crond.pid /var/run/crond.pid; touch ${FIRED}
began=$(date +%s%3N)
env ${cronZone === undefined ? '-u TZ' : `TZ=${cronZone}`} LD_PRELOAD="$(echo /usr/lib/*/faketime/libfaketime.so.1)" \\
  FAKETIME="@${from} x${SPEED}" timeout ${real.ms / 1000} cron -f -L 0
echo "began $began"; cat ${FIRED}; rm -f ${TABLE}`,
    milliseconds(real.ms + hours(1).ms / 60),
  )
  const stamps = [...said.matchAll(/^(\S+) (\d{13})$/gm)].map(([, what = '', at]) => [
    what,
    Number(at),
  ]) as readonly (readonly [string, number])[]
  const began = stamps.find(([what]) => what === 'began')?.[1] ?? Number.NaN
  const fired = (job: string) =>
    stamps
      .filter(([what]) => what === job)
      .map(([, at]) => new Date(fromMs + (at - began) * SPEED).toISOString().slice(0, 13))
  return Object.fromEntries(Object.keys(lines).map((job) => [job, fired(job)]))
}
