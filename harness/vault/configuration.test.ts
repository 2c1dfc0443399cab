import { expect, test } from 'vitest'
import { nodeConfiguration } from './configuration.ts'

const seal = {
  region: 'us-east-1',
  keyId: 'alias/drill-unseal',
  endpoint: 'http://kms:4566',
  accessKey: '123456789012',
  secretKey: 'test',
}
const node = { clusterName: 'drill', node: 'vault-1', ip: '10.9.0.11', multiplier: 1, seal }
const tls = { certFile: '/tls/cert.pem', keyFile: '/tls/key.pem', caFile: '/tls/ca.pem' }
const auditFiles = { file: '/logs/audit.log' }

test('a node of OpenBao over TLS is configured to audit by itself', () => {
  const text = nodeConfiguration({ ...node, product: 'openbao', tls, auditFiles })
  expect(text).toMatchInlineSnapshot(`
    "cluster_name = "drill"
    disable_mlock = true
    api_addr = "https://vault-1:8200"
    cluster_addr = "https://vault-1:8201"
    log_level = "info"
    log_format = "json"
    storage "raft" {
      path = "/openbao/file"
      node_id = "vault-1"
      performance_multiplier = 1
      autopilot_reconcile_interval = "500ms"
      autopilot_update_interval = "500ms"
    }
    listener "tcp" {
      address = "10.9.0.11:8200"
      cluster_address = "10.9.0.11:8201"
      tls_cert_file = "/tls/cert.pem"
      tls_key_file = "/tls/key.pem"
      tls_min_version = "tls13"
      telemetry {
        unauthenticated_metrics_access = true
      }
    }
    seal "awskms" {
      region = "us-east-1"
      kms_key_id = "alias/drill-unseal"
      endpoint = "http://kms:4566"
      access_key = "123456789012"
      secret_key = "test"
    }
    telemetry {
      prometheus_retention_time = "24h"
      disable_hostname = true
    }
    audit "file" "file" {
      options {
        file_path = "/logs/audit.log"
      }
    }
    "
  `)
})

test('a node of Vault over TLS is configured without audit, which its API turns on', () => {
  const text = nodeConfiguration({ ...node, product: 'vault', tls, auditFiles })
  expect(text).toMatchInlineSnapshot(`
    "cluster_name = "drill"
    disable_mlock = true
    api_addr = "https://vault-1:8200"
    cluster_addr = "https://vault-1:8201"
    log_level = "info"
    log_format = "json"
    storage "raft" {
      path = "/vault/file"
      node_id = "vault-1"
      performance_multiplier = 1
      autopilot_reconcile_interval = "500ms"
      autopilot_update_interval = "500ms"
    }
    listener "tcp" {
      address = "10.9.0.11:8200"
      cluster_address = "10.9.0.11:8201"
      tls_cert_file = "/tls/cert.pem"
      tls_key_file = "/tls/key.pem"
      tls_min_version = "tls13"
      telemetry {
        unauthenticated_metrics_access = true
      }
    }
    seal "awskms" {
      region = "us-east-1"
      kms_key_id = "alias/drill-unseal"
      endpoint = "http://kms:4566"
      access_key = "123456789012"
      secret_key = "test"
    }
    telemetry {
      prometheus_retention_time = "24h"
      disable_hostname = true
    }
    "
  `)
})

test('the naive node without TLS looks for its peers and keeps the default autopilot', () => {
  const text = nodeConfiguration({
    ...node,
    product: 'openbao',
    multiplier: 5,
    retryJoin: ['vault-2', 'vault-3'],
    autopilot: 'default',
  })
  expect(text).toMatchInlineSnapshot(`
    "cluster_name = "drill"
    disable_mlock = true
    api_addr = "http://vault-1:8200"
    cluster_addr = "https://vault-1:8201"
    log_level = "info"
    log_format = "json"
    storage "raft" {
      path = "/openbao/file"
      node_id = "vault-1"
      performance_multiplier = 5
      retry_join {
        leader_api_addr = "http://vault-2:8200"
      }
      retry_join {
        leader_api_addr = "http://vault-3:8200"
      }
    }
    listener "tcp" {
      address = "10.9.0.11:8200"
      cluster_address = "10.9.0.11:8201"
      tls_disable = true
      telemetry {
        unauthenticated_metrics_access = true
      }
    }
    seal "awskms" {
      region = "us-east-1"
      kms_key_id = "alias/drill-unseal"
      endpoint = "http://kms:4566"
      access_key = "123456789012"
      secret_key = "test"
    }
    telemetry {
      prometheus_retention_time = "24h"
      disable_hostname = true
    }
    "
  `)
})

test('a node that joins over TLS by itself trusts the run’s authority', () => {
  const text = nodeConfiguration({ ...node, product: 'vault', tls, retryJoin: ['vault-2'] })
  expect(text).toContain('leader_ca_cert_file = "/tls/ca.pem"')
})

test('a value cannot end its string', () => {
  const text = nodeConfiguration({ ...node, product: 'vault', clusterName: 'a" b' })
  expect(text).toContain('cluster_name = "a\\" b"')
})
