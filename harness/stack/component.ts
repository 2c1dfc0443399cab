/** The programs of other people that a stack is made of. */
export type ComponentName =
  | 'openbao'
  | 'vault'
  | 'localstack'
  | 'toxiproxy'
  | 'haproxy'
  | 'toolbox'
  | 'operator'
  | 'k6'

export const componentNames: readonly ComponentName[] = [
  'openbao',
  'vault',
  'localstack',
  'toxiproxy',
  'haproxy',
  'toolbox',
  'operator',
  'k6',
]

export type ComponentFacts = {
  /**
   * How its program is started, whatever the image came from: assembled images keep it where
   * the public ones have it. `undefined`: the image's own entrypoint, which differs.
   * The shell entrypoints of the public Vault and OpenBao images are passed over on purpose:
   * they change owners and capabilities and are not PID 1 for a kill.
   */
  readonly entrypoint: readonly string[] | undefined
}

export const componentFacts: Readonly<Record<ComponentName, ComponentFacts>> = {
  openbao: { entrypoint: ['/bin/bao'] },
  vault: { entrypoint: ['/bin/vault'] },
  localstack: { entrypoint: undefined },
  toxiproxy: { entrypoint: ['/toxiproxy'] },
  // Found by PATH: Debian has it in /usr/sbin, the public image in /usr/local/sbin.
  haproxy: { entrypoint: ['haproxy'] },
  // Waits for commands; see stack/toolbox.ts.
  toolbox: { entrypoint: ['sleep', 'infinity'] },
  // What a person on call has at hand; see cluster/operator-shell.ts. Nobody publishes such an image.
  operator: { entrypoint: ['sleep', 'infinity'] },
  k6: { entrypoint: ['/usr/bin/k6'] },
}

export const isComponentName = (text: string): text is ComponentName =>
  (componentNames as readonly string[]).includes(text)
