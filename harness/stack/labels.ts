/** Names of the labels on everything that a run makes, so that it can be found and swept. */
export const runLabels = {
  run: 'vault-drill.run',
  scenario: 'vault-drill.scenario',
  /** What the container is in the stack: a node's name, `aws`, `balancer`, … */
  role: 'vault-drill.role',
  /** RFC 3339; after this instant another host may sweep it. */
  expiresAt: 'vault-drill.expires-at',
  /** Host name, boot id and process of the run: tells whether the run is still alive. */
  owner: 'vault-drill.owner',
  /** Set on a stack that is kept on purpose. */
  kept: 'vault-drill.kept',
} as const

/** Names of the labels on assembled images. */
export const imageLabels = {
  component: 'vault-drill.component',
  origin: 'vault-drill.origin',
  /** The version asked for in compose/versions.env. */
  version: 'vault-drill.version',
  recipe: 'vault-drill.recipe',
  /** `package=version …` as the package source really served them, where that can differ from the pin. */
  served: 'vault-drill.served',
} as const
