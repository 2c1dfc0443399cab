import { expect, test } from 'vitest'
import { judgeScenario } from '../objectives/judge.ts'
import { madeRun, recordOf } from '../objectives/made-record.ts'
import { madeRunFile } from './made-run.ts'
import { reportMarkdown } from './report-markdown.ts'

test('the first line says what failed', async () => {
  const lost = madeRun()
  for (const line of lost.reads) {
    if (line.kind === 'read' && line.data.n === 30 && line.data.node === 'vault-2') {
      line.data = { n: 30, node: 'vault-2', state: 'absent', status: 404 }
    }
  }
  const verdicts = [judgeScenario(await recordOf(madeRun())), judgeScenario(await recordOf(lost))]

  const [first] = reportMarkdown({ ...madeRunFile, exitCode: 1 }, verdicts).split('\n')

  expect(first).toBe(
    '**FAIL** leader-crash: RPO missed: 1 of 97 acknowledged writes lost, the first is write 30 (secret/data/rpo/t0/s0/30), absent on vault-2',
  )
})

test('the report of the good run', async () => {
  const verdict = judgeScenario(await recordOf(madeRun()))

  expect(reportMarkdown(madeRunFile, [verdict])).toMatchInlineSnapshot(`
    "**PASS** leader-crash

    Run \`20261122T020114Z-leader-crash-7f3a\`, seed \`7f3a\`, 2026-11-22T02:01:14.000Z to 2026-11-22T02:01:59.100Z, exit code 0.

    | scenario | id | product | verdict | objectives |
    |-|-|-|-|-|
    | leader-crash | HA2 | openbao 2.6.2, M1 | PASS | RTO 1.95 s (1.85–1.95) ≤ 5 s met; RPO 0 lost of 97 met; consistency 0 violations met |

    ## PASS leader-crash (HA2)

    The leader is killed while tenants write. *A standby takes over within 5 s and no acknowledged write is lost.* Source: HLD:873-877.

    writes and reads were good again 1.95 s (1.85–1.95) after SIGKILL of vault-1, limit 5 s; 0 of 97 acknowledged writes lost; 211 operations on 4 registers have an order that explains them.

    \`./drill run leader-crash --seed 7f3a --product openbao\`

    | objective | measured | limit | verdict | because |
    |-|-|-|-|-|
    | RTO | 1.95 s (1.85–1.95) | ≤ 5 s | met | writes and reads were good again 1.95 s (1.85–1.95) after SIGKILL of vault-1, limit 5 s |
    | RPO | 0 lost of 97 |  | met | 0 of 97 acknowledged writes lost |
    | consistency | 0 violations |  | met | 211 operations on 4 registers have an order that explains them |

    | phase of the recovery | took | ended |
    |-|-|-|
    | detected | 51 ms | at 51 ms: first bad answer to a client |
    | elected | 1801 ms | at 1852 ms: vault-3 leads |
    | balanced | 102 ms | at 1953 ms: first good answer by the balancer |
    | settled | 0 ms | at 1953 ms: start of the stable run |

    **Faults**

    - SIGKILL of vault-1: witness: exit code 137

    **Claims**

    - HLD:875 "latency spike below 1 s" (1 s): not held, measured 1.95 s (1.85–1.95)

    ## What this run does not prove

    - All nodes, the load balancer, the probe and LocalStack share one host: its load is part of every time, and the loss of a host, a rack or a zone is stood for by containers.
    - EC2, machine images, VPC, Terraform, systemd and SSH of the documents are stood for by containers; production itself was not touched.
    - The documents name Vault 1.15; this run used the versions named above.
    - The files are chained by hashes and not signed: a change of a line is found, a complete rewriting of the directory is not.
    - A seed repeats the choices and the schedule, not the interleaving: the same seed gives another recovery time.
    - A recovery time is one sample of a distribution. Fewer than 59 repetitions say "worst of n", never a percentile.
    - AWS is LocalStack: it does not enforce IAM and writes no KMS logs; that a key is used is seen by its API calls.
    - A killed container keeps its page cache: a kill cannot show the loss of data that was never flushed to disk.
    - The clock inside a static server binary cannot be moved from outside; skew between nodes was not tried.

    ## Environment

    - localstack 4.14.0 (assembled) \`sha256:9a1e\`
    - host: 2 CPUs, 15870 MiB, 6.1.0, x64
    - commit: 6fc3774
    "
  `)
})
