import { expect, test } from 'vitest'
import { LoadSpeech } from './load-speech.ts'

const UNDER_WAY = '{"level":"info","msg":"the first request is sent","source":"console"}'
const REQUEST_FAILED =
  '{"error":"Get \\"https://balancer:8200\\": request timeout","level":"warning","msg":"Request Failed"}'
const CROSSED =
  '{"level":"error","msg":"thresholds on metrics \'http_req_duration, http_req_failed\' have been crossed"}'
const THREW =
  '{"executor":"constant-arrival-rate","hint":"script exception","level":"error","msg":"Error: in the body\\n\\tat default (file:///load/steady.ts:1:79(3))\\n","source":"stacktrace"}'
const NO_METRIC =
  '{"level":"error","msg":"invalid threshold defined on nosuch; reason: no metric name \\"nosuch\\" found"}'

const heard = (...lines: readonly string[]) => {
  const { isUnderWay, threw, complaint } = lines.reduce((speech, line) => {
    speech.hear(line)
    return speech
  }, new LoadSpeech())
  return { isUnderWay, threw, complaint }
}

test.each([
  ['nothing', [], { isUnderWay: false, threw: undefined, complaint: undefined }],
  ['its first request', [UNDER_WAY], { isUnderWay: true, threw: undefined, complaint: undefined }],
  [
    'requests that fail and thresholds that are crossed, which is no complaint',
    [REQUEST_FAILED, CROSSED],
    { isUnderWay: false, threw: undefined, complaint: undefined },
  ],
  [
    'a metric that is not there',
    [NO_METRIC],
    {
      isUnderWay: false,
      threw: undefined,
      complaint: 'invalid threshold defined on nosuch; reason: no metric name "nosuch" found',
    },
  ],
  [
    'an exception, the first of many',
    [UNDER_WAY, THREW, NO_METRIC],
    {
      isUnderWay: true,
      threw: 'Error: in the body at default (file:///load/steady.ts:1:79(3))',
      complaint: 'Error: in the body at default (file:///load/steady.ts:1:79(3))',
    },
  ],
  [
    'a panic, which is no JSON',
    ['panic: runtime error: index out of range'],
    {
      isUnderWay: false,
      threw: undefined,
      complaint: 'panic: runtime error: index out of range',
    },
  ],
] as const)('k6 says %s', (_what, lines, expected) => {
  expect(heard(...lines)).toEqual(expected)
})
