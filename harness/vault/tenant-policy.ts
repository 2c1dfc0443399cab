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
