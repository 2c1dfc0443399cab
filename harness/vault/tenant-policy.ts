/**
 * The tenant policy of the high-level design, word for word (HLD:394-405). `list` on `data/`
 * means nothing, and soft-deleted versions cannot be undeleted with it: findings about the
 * document, so they stay.
 */
export const TENANT_POLICY_NAME = 'tenant-access'

export const TENANT_POLICY = `\
# Tenant-specific access policy
# Path: secret/data/tenants/{{identity.entity.metadata.tenant_id}}/*

path "secret/data/tenants/{{identity.entity.metadata.tenant_id}}/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}

path "secret/metadata/tenants/{{identity.entity.metadata.tenant_id}}/*" {
  capabilities = ["list", "read"]
}
`

/** The application policy of the same design, word for word (HLD:686-689): of no tenant. */
export const APPLICATION_POLICY_NAME = 'application'

export const APPLICATION_POLICY = `\
# Application policy (AppRole/K8s ServiceAccount)
path "secret/data/tenants/*" {
  capabilities = ["read"]
}
`
