import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CREDENTIALS, REGION } from '../aws/emulator.ts'
import { Kms, newKey } from '../aws/kms.ts'
import { type Authority, createAuthority } from '../lib/certificates.ts'
import { seconds } from '../lib/duration.ts'
import type { Secret } from '../lib/secret.ts'
import { happened, notYet, until } from '../lib/until.ts'
import { readSettings } from '../settings.ts'
import { type Container, createContainer } from '../stack/container.ts'
import { connectDocker } from '../stack/docker.ts'
import { localImage, resolveImages } from '../stack/images.ts'
import {
  awaitLocalstack,
  kmsCalls,
  LOCALSTACK_PORT,
  type Localstack,
  startLocalstack,
} from '../stack/localstack.ts'
import { createNetwork, type Network } from '../stack/network.ts'
import { labelsOf } from '../throw-away.ts'
import { VaultClient } from './client.ts'
import { type KmsSeal, nodeConfiguration } from './configuration.ts'
import { describeHealth, type HealthState, readHealth } from './health.ts'
import { InitOutcomeUnknown, initialize, isInitialized } from './init.ts'
import {
  readSecret,
  readSecretMetadata,
  softDeleteSecret,
  undeleteSecret,
  writeSecret,
} from './kv.ts'
import { leaderView } from './leader.ts'
import { type Product, products } from './product.ts'
import { autopilotState, joinRaft, raftPeers } from './raft.ts'
import { seal, sealStatus } from './seal.ts'
import {
  auditDevices,
  createToken,
  enableAuth,
  enableFileAudit,
  mountKv,
  writePolicy,
} from './setup.ts'
import { restoreSnapshot, saveSnapshot } from './snapshot.ts'
import { TENANT_POLICY, TENANT_POLICY_NAME } from './tenant-policy.ts'

/**
 * The client and the node configuration against real servers over TLS, sealed by the emulator's
 * KMS. HashiCorp Vault takes part where its image is on the engine; its build takes minutes.
 */

const AUDIT_FILE = '/drill/audit/audit.log'
const docker = await connectDocker({ dial: 'published' })
const { sources } = readSettings()
const vaultIsHere = (await localImage(docker, 'vault', sources)) !== undefined

const id = `drill-contract-vault-${randomUUID().slice(0, 8)}`
const labels = labelsOf(id)
const folder = mkdtempSync(join(tmpdir(), 'contract-'))
let network: Network
let localstack: Localstack
let kmsSeal: KmsSeal

beforeAll(async () => {
  const images = await resolveImages(docker, ['localstack'], { sources })
  network = await createNetwork(docker.engine, id, labels)
  localstack = await startLocalstack(docker.engine, {
    name: `${id}-aws`,
    image: images.localstack.reference,
    entrypoint: images.localstack.entrypoint,
    network: id,
    ip: network.address(2),
    labels,
    services: ['kms'],
    publish: true,
  })
  const port = await localstack.container.publishedPort(LOCALSTACK_PORT)
  await awaitLocalstack(localstack, { host: '127.0.0.1', port }, ['kms'])
  const kms = await Kms.at({ host: '127.0.0.1', port })
  const key = newKey('alias/drill-unseal')
  await kms.seed(key)
  kms.close()
  kmsSeal = {
    region: REGION,
    keyId: key.alias,
    endpoint: `http://${localstack.ip}:${LOCALSTACK_PORT}`,
    accessKey: CREDENTIALS.accessKeyId,
    secretKey: CREDENTIALS.secretAccessKey,
  }
})

afterAll(async () => {
  await localstack?.container.remove()
  await network?.remove()
  rmSync(folder, { recursive: true, force: true })
})

describe.each([
  ['openbao', true],
  ['vault', vaultIsHere],
] as const)('a node of %s', (product, isHere) => {
  describe.runIf(isHere)('over TLS', () => lifeOf(product))
})

function lifeOf(product: Product): void {
  const { dataPath, auditBy, builtField } = products[product]
  const containers: Container[] = []
  let authority: Authority
  let anonymous: VaultClient
  let joiner: VaultClient
  let leader: VaultClient
  let tenantToken: Secret

  const startNode = async (node: string, ip: string, peers: readonly string[]) => {
    const images = await resolveImages(docker, [product], { sources })
    const { cert, key } = await authority.issue({ name: node, dnsNames: [node], ips: [ip] })
    const tls = { certFile: '/drill/cert.pem', keyFile: '/drill/key.pem', caFile: '/drill/ca.pem' }
    const container = await createContainer(docker.engine, {
      name: `${id}-${product}-${node}`,
      image: images[product].reference,
      entrypoint: images[product].entrypoint,
      command: ['server', '-config=/drill/config.hcl'],
      labels,
      network: { name: id, ip },
      hosts: peers,
      publish: [8200],
      files: [
        {
          path: '/drill/config.hcl',
          content: nodeConfiguration({
            product,
            clusterName: 'drill-contract',
            node,
            ip,
            multiplier: 1,
            seal: kmsSeal,
            tls,
            auditFiles: { file: AUDIT_FILE },
          }),
        },
        { path: tls.certFile, content: cert },
        { path: tls.keyFile, content: key.reveal(), mode: 0o600 },
        { path: tls.caFile, content: authority.ca },
        { path: '/drill/audit/.folder', content: '' },
        { path: `${dataPath}/.folder`, content: '' },
        { path: '/tmp/.folder', content: '' },
      ],
    })
    containers.push(container)
    await container.start()
    const port = await container.publishedPort(8200)
    const address = { host: '127.0.0.1', port }
    return new VaultClient({ node, address, tls: { ca: authority.ca, servername: node } })
  }

  const becomes = (client: VaultClient, state: HealthState) =>
    until(
      `${client.node} is ${state}`,
      async () => {
        const health = await readHealth(client, { within: seconds(1) })
        return health.state === state ? happened(health) : notYet(describeHealth(health))
      },
      { within: seconds(60) },
    ).catch(async (error) => {
      const logs = await Promise.all(containers.map((container) => container.logs(10)))
      throw new Error(logs.join('\n'), { cause: error })
    })

  beforeAll(async () => {
    authority = await createAuthority('drill contract test')
    const first = network.address(product === 'openbao' ? 16 : 32)
    const second = network.address(product === 'openbao' ? 17 : 33)
    const names = [`vault-1:${first}`, `vault-2:${second}`]
    anonymous = await startNode('vault-1', first, names)
    joiner = await startNode('vault-2', second, names)
  })

  afterAll(async () => {
    await Promise.all([anonymous?.close(), joiner?.close()])
    await Promise.all(containers.map((container) => container.remove()))
  })

  test('waits with the KMS as its seal to be initialised', async () => {
    await becomes(anonymous, 'uninitialized')
    expect(await isInitialized(anonymous)).toBe(false)
    expect(await sealStatus(anonymous)).toMatchObject({ type: 'awskms', sealed: true })
    const { body } = await anonymous.request('GET', 'sys/seal-status')
    expect(body).toHaveProperty(builtField)
  })

  test('gives its keys to the first init only, and leads after it', async () => {
    const shares = { recoveryShares: 1, recoveryThreshold: 1, within: seconds(30) }
    const { rootToken } = await initialize(anonymous, shares)
    leader = anonymous.withToken(rootToken)
    await becomes(leader, 'leader')
    await expect(initialize(anonymous, shares)).rejects.toThrow(InitOutcomeUnknown)
    expect(await kmsCalls(localstack, 'Encrypt')).toBeGreaterThan(0)
    expect(await leaderView(leader)).toMatchObject({
      isSelf: true,
      leaderAddress: 'https://vault-1:8200',
    })
  })

  test('refuses to join a leader of another run’s authority', async () => {
    const foreign = await createAuthority('another run')
    const leaderAddress = 'https://vault-1:8200'
    await expect(joinRaft(joiner, { leaderAddress, leaderCa: foreign.ca })).rejects.toMatchObject({
      name: 'VaultError',
      status: 500,
    })
  })

  test('joins and is a peer that stands by', async () => {
    const leaderAddress = 'https://vault-1:8200'
    expect(await joinRaft(joiner, { leaderAddress, leaderCa: authority.ca })).toEqual({
      joined: true,
    })
    await becomes(joiner, 'standby')
    expect((await raftPeers(leader)).map(({ node, address }) => [node, address])).toEqual([
      ['vault-1', 'vault-1:8201'],
      ['vault-2', 'vault-2:8201'],
    ])
    expect(await autopilotState(leader)).toMatchObject({ leader: 'vault-1' })
  })

  test('is set up with audit, secrets, policy and tokens', async () => {
    if (auditBy === 'api') await enableFileAudit(leader, { file: AUDIT_FILE })
    expect(await auditDevices(leader)).toContain('file/')
    await mountKv(leader, { maxVersions: 20 })
    await writePolicy(leader, { name: TENANT_POLICY_NAME, rules: TENANT_POLICY })
    await enableAuth(leader, 'approle')
    tenantToken = await createToken(leader, { policies: [TENANT_POLICY_NAME], ttl: '1h' })
    await writeSecret(leader, 'a', { n: 1 }, { cas: 0 })
    const log = await containers[0]?.read(AUDIT_FILE)
    expect(log).toContain('"path":"secret/data/a"')
  })

  test('refuses a token of a tenant outside its paths, and does not name the token', async () => {
    const error = await readSecret(leader.withToken(tenantToken), 'a').catch((thrown) => thrown)
    expect(error).toMatchObject({ name: 'VaultError', status: 403, node: 'vault-1' })
    expect(error.message).not.toContain(tenantToken.reveal())
  })

  test('keeps versions of a secret that come back after a soft-delete', async () => {
    const refused = writeSecret(leader, 'a', { n: 2 }, { cas: 0 })
    await expect(refused).rejects.toThrow('check-and-set')
    await softDeleteSecret(leader, 'a')
    expect(await readSecret(leader, 'a')).toMatchObject({ state: 'soft-deleted', version: 1 })
    await undeleteSecret(leader, 'a', { versions: [1] })
    expect(await readSecret(leader, 'a')).toMatchObject({ state: 'present', data: { n: 1 } })
    expect(await readSecretMetadata(leader, 'a')).toMatchObject({ currentVersion: 1 })
    expect(await readSecret(leader, 'b')).toEqual({ state: 'absent' })
  })

  test('loses what was written after the snapshot that is restored', async () => {
    const file = join(folder, `${product}.snap`)
    const saved = await saveSnapshot(leader, file)
    expect(saved.bytes).toBeGreaterThan(1000)
    await writeSecret(leader, 'later', { n: 1 })
    await restoreSnapshot(leader, file)
    await until(
      'the later secret is gone',
      async () => {
        const { state } = await readSecret(leader, 'later', { within: seconds(1) })
        return state === 'absent' ? happened(true) : notYet(state)
      },
      { within: seconds(60) },
    )
    expect(await readSecret(leader, 'a')).toMatchObject({ state: 'present', data: { n: 1 } })
  })

  test('is sealed by its leader’s own call', async () => {
    await seal(leader)
    await becomes(anonymous, 'sealed')
    await expect(readSecret(leader, 'a')).rejects.toThrow('answered 503: Vault is sealed')
  })
}
