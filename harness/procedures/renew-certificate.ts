import type { Node } from '../cluster/node.ts'
import { presentNames } from '../cluster/node-certificate.ts'
import type { Authority } from '../lib/certificates.ts'
import type { Procedure } from './procedure.ts'

/** A node gets a new certificate while it serves (the documents name the files, not the way). */
export const renewCertificate: Procedure<{ node: Node; authority: Authority }> = {
  name: 'renew-certificate',
  runbook: 'docs/runbook/renew-certificate.md',
  async perform(operator, { node, authority }, step) {
    const issued = await step('Have a certificate issued for the names of the present one', () =>
      presentNames(node.vault).then(authority.issue),
    )
    await step('Replace certificate and key, and send the server SIGHUP', () =>
      operator.renewCertificate(node, issued),
    )
    await step('See a new client being shown the new one', () =>
      operator.seesCertificate(node, issued),
    )
  },
}
