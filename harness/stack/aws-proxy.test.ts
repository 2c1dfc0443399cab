import { expect, test } from 'vitest'
import { type AwsAnswer, proxyFiles } from './aws-proxy.ts'

const THROTTLED: AwsAnswer = {
  service: 'kms',
  operations: ['Encrypt', 'Decrypt'],
  status: 400,
  code: 'ThrottlingException',
  message: 'Rate exceeded',
}

const DENIED: AwsAnswer = {
  service: 's3',
  operations: ['PUT', 'POST'],
  path: '/backups/raft/',
  status: 403,
  code: 'AccessDenied',
  message: 'a & b < c',
  delayMs: 250,
}

const fileOf = (answer: AwsAnswer, path: string): string =>
  String(
    proxyFiles({ upstream: '10.1.0.2:4566', answer }).find((file) => file.path.endsWith(path))
      ?.content ?? '',
  )

const rulesOf = (answer: AwsAnswer): readonly string[] =>
  fileOf(answer, 'haproxy.cfg')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^http-request/.test(line) && !line.includes('/_drill/ready'))

test('a call of the KMS is chosen by its operation and answered in JSON', () => {
  expect(rulesOf(THROTTLED)).toEqual([
    'http-request return status 400 content-type application/x-amz-json-1.1 file /drill/answer hdr x-amzn-errortype ThrottlingException if { req.hdr(x-amz-target) -m str TrentService.Encrypt TrentService.Decrypt }',
  ])
  expect(JSON.parse(fileOf(THROTTLED, 'answer'))).toEqual({
    __type: 'ThrottlingException',
    message: 'Rate exceeded',
  })
})

test('a request to S3 is chosen by method and path, held back, and answered in XML', () => {
  const chosen = '{ method PUT POST } { path_beg /backups/raft/ }'
  expect(rulesOf(DENIED)).toEqual([
    `http-request lua.delay if ${chosen}`,
    `http-request return status 403 content-type application/xml file /drill/answer hdr x-amzn-errortype AccessDenied if ${chosen}`,
  ])
  expect(fileOf(DENIED, 'delay.lua')).toContain('core.msleep(250)')
  expect(fileOf(DENIED, 'answer')).toContain(
    '<Error><Code>AccessDenied</Code><Message>a &amp; b &lt; c</Message>',
  )
})

test('without operations and path every request is answered', () => {
  const [rule] = rulesOf({ ...THROTTLED, operations: [] })
  expect(rule).toMatch(/ThrottlingException$/)
})
