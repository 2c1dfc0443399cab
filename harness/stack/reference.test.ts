import { expect, test } from 'vitest'
import { BadReference, formatReference, parseReference, underPrefix } from './reference.ts'

test.each([
  ['haproxy', 'docker.io/library/haproxy:latest'],
  ['haproxy:3.0.11', 'docker.io/library/haproxy:3.0.11'],
  ['openbao/openbao:2.6.2', 'docker.io/openbao/openbao:2.6.2'],
  ['docker.io/library/haproxy:3', 'docker.io/library/haproxy:3'],
  ['ghcr.io/shopify/toxiproxy:2.12.0', 'ghcr.io/shopify/toxiproxy:2.12.0'],
  ['127.0.0.1:5000/a/b/c:1-x_y.z', '127.0.0.1:5000/a/b/c:1-x_y.z'],
  ['localhost/x', 'localhost/x:latest'],
  ['registry.example:5000/x', 'registry.example:5000/x:latest'],
])('%s is %s', (text, whole) => {
  expect(formatReference(parseReference(text))).toBe(whole)
})

test.each([
  ['openbao/openbao:1', 'registry.example', 'registry.example/openbao/openbao:1'],
  ['haproxy:3', 'registry.example:5000/hub', 'registry.example:5000/hub/library/haproxy:3'],
  ['ghcr.io/shopify/toxiproxy:2', '127.0.0.1:5000/a/b/', '127.0.0.1:5000/a/b/shopify/toxiproxy:2'],
])('%s under %s is %s', (text, prefix, whole) => {
  expect(formatReference(underPrefix(parseReference(text), prefix))).toBe(whole)
})

test.each(['', 'Upper/Case', 'with space:1', 'a:b:c', 'registry.example/', 'x@sha256:00'])(
  '"%s" is refused as an image name',
  (text) => {
    expect(() => parseReference(text)).toThrow(BadReference)
  },
)

test('a prefix that names no registry is refused, because it would become a folder on Docker Hub', () => {
  expect(() => underPrefix(parseReference('haproxy'), 'mirror/hub')).toThrow(
    '"mirror/hub" is not an image name',
  )
})
