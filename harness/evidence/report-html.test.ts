import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readRecord } from '../journal/read.ts'
import { judgeScenario } from '../objectives/judge.ts'
import { madeRun, ns, recordOf } from '../objectives/made-record.ts'
import { verdictWithoutRecord } from '../objectives/verdict.ts'
import { junitXml } from './junit.ts'
import { limitsOf } from './limits.ts'
import { madeRunFile } from './made-run.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'
import { summaryLines } from './summary.ts'

const reported = async (made = madeRun()) => {
  const record = await recordOf(made)
  return { verdict: judgeScenario(record), record }
}

/** What a server or a document could say to leave its place on the page. */
const HOSTILE = `</td><script>alert("1")</script><img src=x onerror='y'>`

test('the page needs no network and no script', async () => {
  const page = reportHtml(madeRunFile, [await reported()])

  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:/i)
  expect(page).toContain(`default-src 'none'`)
})

test.each([
  ['the verdict', 'PASS'],
  ['the measured recovery', '1.95 s'],
  ['its interval', '(1.85–1.95)'],
  ['its limit', 'limit 5 s'],
  ['the lost writes', 'lost of 97'],
  ['the command that runs it again', './drill run leader-crash --seed 7f3a --product openbao'],
  ['the fault', 'SIGKILL vault-1'],
  ['the new leader', 'vault-3 leads'],
  ['a claim', 'latency spike below 1 s'],
  ['a gate', 'probe-coverage'],
  ['what it does not prove', 'A killed container keeps its page cache'],
  ['an image', 'localstack'],
])('the page shows %s', async (_, text) => {
  expect(reportHtml(madeRunFile, [await reported()])).toContain(text)
})

test('what others said is shown, not obeyed', async () => {
  const made = madeRun({
    frozen: { title: HOSTILE, objectives: [{ kind: 'checks', id: 'x', titles: [HOSTILE] }] },
  })
  made.journal.splice(-2, 0, {
    t: ns(12_520),
    kind: 'check',
    data: { title: HOSTILE, expected: 1, observed: HOSTILE },
  })

  const parts = await reported(made)

  expect(reportHtml(madeRunFile, [parts])).not.toMatch(/<script|<img/)
  expect(junitXml(madeRunFile, [parts.verdict])).not.toMatch(/<script|<img/)
})

test('a scenario without a record has a page, too', () => {
  const frozen = madeRun().journal[0]
  if (frozen?.kind !== 'frozen') throw new Error('the made run does not begin with its promise')
  const verdict = verdictWithoutRecord(frozen.data, 'skipped', 'no NET_ADMIN on this engine')

  expect(reportHtml(madeRunFile, [{ verdict }])).toContain('No NET_ADMIN on this engine.')
})

test('beside a fault stands what it cannot show', async () => {
  const made = madeRun()
  const cannotShow = 'loss of what was written and not synced'
  made.journal = made.journal.map((entry) =>
    entry.kind === 'fault.planned' ? { ...entry, data: { ...entry.data, cannotShow } } : entry,
  )
  const parts = await reported(made)

  expect(parts.verdict.faults).toMatchObject([{ cannotShow }])
  expect(reportHtml(madeRunFile, [parts])).toContain(`<td class="soft">${cannotShow}</td>`)
  expect(reportMarkdown(madeRunFile, [parts.verdict])).toContain(`(cannot show ${cannotShow})`)
})

test('the pictures have no number that is none', async () => {
  expect(reportHtml(madeRunFile, [await reported()])).not.toMatch(/NaN|Infinity|undefined/)
})

test('limits are printed where they apply', async () => {
  const { verdict } = await reported()
  const bare = { ...madeRunFile, images: [] }

  expect(limitsOf({ run: madeRunFile, verdicts: [verdict] }).join()).toContain('AWS is LocalStack')
  expect(limitsOf({ run: bare, verdicts: [verdict] }).join()).not.toContain('AWS is LocalStack')
  expect(limitsOf({ run: bare, verdicts: [{ ...verdict, faults: [] }] }).join()).not.toContain(
    'page cache',
  )
})

test('JUnit has a case per objective, and no doubt is green', async () => {
  const made = madeRun()
  made.journal = made.journal.filter(({ kind }) => kind !== 'fault.witnessed')
  const { verdict } = await reported(made)

  expect(junitXml(madeRunFile, [verdict])).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="20261122T020114Z-leader-crash-7f3a">
      <testsuite name="leader-crash (openbao, M1)" tests="4" failures="0" errors="4" skipped="0">
        <properties>
          <property name="seed" value="7f3a"/>
          <property name="source" value="HLD:873-877"/>
          <property name="repro" value="./drill run leader-crash --seed 7f3a --product openbao"/>
          <property name="rto" value="1.95 s (1.85–1.95)"/>
          <property name="rpo" value="0 lost of 97"/>
          <property name="consistency" value="0 violations"/>
        </properties>
        <testcase classname="leader-crash" name="rto">
          <error type="vacuous" message="fault-witnessed: nobody but its injector saw SIGKILL of vault-1; last seen: nothing; without this doubt: met, writes and reads were good again 1.95 s (1.85–1.95) after SIGKILL of vault-1, limit 5 s"/>
        </testcase>
        <testcase classname="leader-crash" name="rpo">
          <error type="vacuous" message="fault-witnessed: nobody but its injector saw SIGKILL of vault-1; last seen: nothing; without this doubt: met, 0 of 97 acknowledged writes lost"/>
        </testcase>
        <testcase classname="leader-crash" name="consistency">
          <error type="vacuous" message="fault-witnessed: nobody but its injector saw SIGKILL of vault-1; last seen: nothing; without this doubt: met, 211 operations on 4 registers have an order that explains them"/>
        </testcase>
        <testcase classname="leader-crash" name="verdict">
          <error type="vacuous" message="RTO is inconclusive: fault-witnessed: nobody but its injector saw SIGKILL of vault-1; last seen: nothing; without this doubt: met, writes and reads were good again 1.95 s (1.85–1.95) after SIGKILL of vault-1, limit 5 s"/>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `)
})

describe('a load on the page', () => {
  const loaded = async (name: string) => {
    const directory = join(import.meta.dirname, '../../fixtures/journals', name, 'leader-crash')
    const record = await readRecord(directory)
    return { verdict: judgeScenario(record), record }
  }

  test.each([
    [
      'is told by phase',
      '<strong>fault</strong> <span class="soft">1.80 s<br>longest gap 2000 ms</span>',
    ],
    ['says what it reached of what was asked', '360.0 iterations/s reached of 360.0 asked for'],
    ['names its errors', 'timeout 648'],
    ['has its number beside the limit', '8 ms'],
    ['is drawn', 'Latency of load &quot;open&quot; over time'],
    ['stands beside the closed one', 'the closed one fell to 31 % of its own'],
    ['says what a latency leaves out', 'What was needed to connect before is told beside it'],
  ])('%s', async (_what, text) => {
    const parts = await loaded('load-met')

    expect(reportHtml(madeRunFile, [parts])).toContain(text)
  })

  test('has pictures without a number that is none, also where nothing was sampled', async () => {
    for (const name of ['load-met', 'load-without-samples']) {
      const page = reportHtml(madeRunFile, [await loaded(name)])
      expect(page).not.toMatch(/NaN|Infinity|undefined/)
      expect(page.length).toBeLessThan(200_000)
    }
  })

  test('is in the summary of a CI job', async () => {
    const { verdict } = await loaded('load-missed-after')
    const markdown = reportMarkdown(madeRunFile, [verdict])

    expect(markdown).toContain('| SLO p99 | 80.6 ms | > 50 ms | missed |')
    expect(markdown).toContain('| after | all | 1188 | 351.7 | 0 % |  | 80.3 ms |')
    expect(markdown).toContain('"secret read P99 latency < 5 ms" (5 ms): held, measured 4.6 ms')
  })

  test('is in the lines for a terminal', async () => {
    const { verdict } = await loaded('load-met')

    expect(
      summaryLines(verdict, 'reports/x').filter((text) => /load|SLO|claim/.test(text)),
    ).toMatchInlineSnapshot(`
      [
        "plan  leader-crash  openbao 2.6.2  M1  seed 7f3a  SIGKILL vault-1; SLO p99 ≤ 50 ms, SLO errors ≤ 0.1 %",
        "  load        0.2 s  preparation: 72 requests, 360.0/s, p50 5 ms, p99 8 ms, 0 % failed, longest gap 1.6 ms",
        "  load        5.1 s  baseline: 1836 requests, 360.0/s, p50 5 ms, p99 8 ms, 0 % failed, longest gap 13.6 ms",
        "  load        0.1 s  onset: 36 requests, 360.0/s, p50 1000 ms, p99 1000 ms, 100 % failed, longest gap 0 ms",
        "  load        1.8 s  fault: 648 requests, 360.0/s, p50 1000 ms, p99 1000 ms, 100 % failed, longest gap 2000 ms",
        "  load        3.3 s  after: 1188 requests, 360.0/s, p50 5 ms, p99 8 ms, 0 % failed, longest gap 1.6 ms",
        "  load        0.2 s  preparation (closed closed): 12 requests, 60.0/s, p50 5.3 ms, p99 6 ms, 0 % failed, longest gap 326 ms",
        "  load        5.1 s  baseline (closed closed): 315 requests, 61.8/s, p50 4.5 ms, p99 6 ms, 0 % failed, longest gap 326 ms",
        "  load        0.1 s  onset (closed closed): 6 requests, 60.0/s, p50 1000 ms, p99 1000 ms, 100 % failed, longest gap 0 ms",
        "  load        1.8 s  fault (closed closed): 34 requests, 18.9/s, p50 1000 ms, p99 1000 ms, 100 % failed, longest gap 2965 ms",
        "  load        3.3 s  after (closed closed): 158 requests, 48.0/s, p50 4.7 ms, p99 6 ms, 0 % failed, longest gap 326 ms",
        "SLO p99 8 ms ≤ 50 ms met | SLO errors 0 % ≤ 0.1 % met",
        "claim HLD:1133 "secret read P99 latency < 5 ms" not held, measured 8 ms",
      ]
    `)
  })
})
