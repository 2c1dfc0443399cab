import { expect, test } from 'vitest'
import { judgeScenario } from '../objectives/judge.ts'
import { madeRun, ns, recordOf } from '../objectives/made-record.ts'
import { verdictWithoutRecord } from '../objectives/verdict.ts'
import { junitXml } from './junit.ts'
import { limitsOf } from './limits.ts'
import { madeRunFile } from './made-run.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'

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
