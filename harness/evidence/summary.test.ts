import { expect, test } from 'vitest'
import { judgeScenario } from '../objectives/judge.ts'
import { type MadeRun, madeFrozen, madeRun, recordOf } from '../objectives/made-record.ts'
import { verdictWithoutRecord } from '../objectives/verdict.ts'
import { plain, summaryLines } from './summary.ts'

const summary = async (made: MadeRun): Promise<string> =>
  summaryLines(judgeScenario(await recordOf(made)), 'reports/latest').join('\n')

test('a pass tells what happened, the numbers and where the files are', async () => {
  expect(await summary(madeRun())).toMatchInlineSnapshot(`
    "plan  leader-crash  openbao 2.6.2  M1  seed 7f3a  SIGKILL vault-1; RTO ≤ 5 s, RPO 0, consistency
      steady      5.4 s  54 writes acknowledged
      fault       0.0 s  SIGKILL vault-1   witness: exit code 137
      recovery    1.9 s  vault-3 leads
      stable      2.0 s  then 2 s without a bad answer
    RTO 1.95 s (1.85–1.95) ≤ 5 s met | RPO 0 lost of 97 met | consistency 0 violations met
    claim HLD:875 "latency spike below 1 s" not held, measured 1.95 s (1.85–1.95)
    PASS  reports/latest"
  `)
})

test('a miss says why in one sentence', async () => {
  const [rto, rpo] = madeFrozen.objectives
  const objectives = [{ ...rto, limitMs: 200 }, rpo] as typeof madeFrozen.objectives

  expect(await summary(madeRun({ frozen: { objectives } }))).toMatchInlineSnapshot(`
    "plan  leader-crash  openbao 2.6.2  M1  seed 7f3a  SIGKILL vault-1; RTO ≤ 200 ms, RPO 0
      steady      5.4 s  54 writes acknowledged
      fault       0.0 s  SIGKILL vault-1   witness: exit code 137
      recovery    1.9 s  vault-3 leads
      stable      2.0 s  then 2 s without a bad answer
    RTO 1.95 s (1.85–1.95) > 200 ms missed | RPO 0 lost of 97 met
    claim HLD:875 "latency spike below 1 s" not held, measured 1.95 s (1.85–1.95)
    FAIL  leader-crash: RTO missed: writes and reads were good again 1.95 s (1.85–1.95) after SIGKILL of vault-1, limit 200 ms
    files reports/latest
    repro ./drill run leader-crash --seed 7f3a --product openbao"
  `)
})

test('a doubt names its cause', async () => {
  const made = madeRun()
  made.journal = made.journal.filter(({ kind }) => kind !== 'fault.witnessed')

  expect(await summary(made)).toMatchInlineSnapshot(`
    "plan  leader-crash  openbao 2.6.2  M1  seed 7f3a  SIGKILL vault-1; RTO ≤ 5 s, RPO 0, consistency
      steady      5.4 s  54 writes acknowledged
      fault       0.0 s  SIGKILL vault-1   no witness
      recovery    1.9 s  vault-3 leads
      stable      2.0 s  then 2 s without a bad answer
    RTO 1.95 s (1.85–1.95) against 5 s inconclusive (vacuous) | RPO 0 lost of 97 inconclusive (vacuous) | consistency 0 violations inconclusive (vacuous)
    claim HLD:875 "latency spike below 1 s" not held, measured 1.95 s (1.85–1.95)
    INCONCLUSIVE  leader-crash: RTO is inconclusive: fault-witnessed: nobody but its injector saw SIGKILL of vault-1; last seen: nothing; without this doubt: met, writes and reads were good again 1.95 s (1.85–1.95) after SIGKILL of vault-1, limit 5 s
    files reports/latest
    repro ./drill run leader-crash --seed 7f3a --product openbao"
  `)
})

test('a scenario that was skipped is one line and its plan', () => {
  const verdict = verdictWithoutRecord(madeFrozen, 'skipped', 'no NET_ADMIN on this engine')

  expect(summaryLines(verdict, 'reports/latest').join('\n')).toMatchInlineSnapshot(`
    "plan  leader-crash  openbao 2.6.2  M1  seed 7f3a
    SKIPPED  leader-crash: no NET_ADMIN on this engine"
  `)
})

test('a palette colours the words and nothing else', async () => {
  const verdict = judgeScenario(await recordOf(madeRun()))
  const marked = summaryLines(verdict, 'x', { ...plain, good: (text) => `<${text}>` }).join('\n')

  expect(marked).toContain('<met>')
  expect(marked.replaceAll(/[<>]/g, '')).toBe(summaryLines(verdict, 'x').join('\n'))
})
