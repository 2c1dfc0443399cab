import { seconds } from '../lib/duration.ts'
import type { Block } from './block.ts'
import { LOCKS_NO_MEMORY, oneListenerConfiguration } from './design-blocks.ts'

/** The public image's entry point gives up root for this user; it prepares `/vault/file` for it. */
const AS_IMAGE_USER = 'setpriv --reuid=100 --regid=1000 --clear-groups'
const FOLDER = '/vault/volume-config'
const START = `${AS_IMAGE_USER} timeout 8 vault server -config=${FOLDER} 2>&1`

/** The server alone, on its own port: what is asked is only whether it opens its storage. */
const configuration = oneListenerConfiguration(1, { keyId: '', endpoint: '' })
  .replace(/seal "awskms" \{[^}]*\}/, '')
  .replace('0.0.0.0:8200', '127.0.0.1:18200')
  .replace('vault-1:8201', '127.0.0.1:18201')

/** HLD: the data volume, under the user that a container of the public image runs as. */
export const dataVolume: Block = {
  id: 'hld-2-data-volume',
  title: 'The data volume of the design',
  document: 'HLD',
  lines: '126, 221, 249, 278',
  given: `mkdir -p /vault/data /vault/file
chown 0:0 /vault/data; chmod 755 /vault /vault/data
chown 100:1000 /vault/file`,
  files: [
    { path: `${FOLDER}/vault.hcl`, text: configuration },
    { path: `${FOLDER}/besides.hcl`, text: LOCKS_NO_MEMORY },
  ],
  steps: [
    {
      title: 'Start a server on it, as the user of the public image',
      lines: '126, 221',
      types: START,
      expected: 'the server starts and keeps its data there',
      documented: { exit: 124, says: /server started/i },
      shows: ['HLD-05'],
      telling: /permission denied/,
      within: seconds(30),
    },
    {
      title: 'Start it on the folder that the image prepares',
      lines: '126',
      types: `sed -i 's#/vault/data#/vault/file#' ${FOLDER}/vault.hcl
${START}`,
      expected: 'the server starts and keeps its data there',
      documented: { exit: 124, says: /server started/i },
      confirms: true,
      telling: /[Ss]erver started/,
      within: seconds(30),
    },
  ],
}
