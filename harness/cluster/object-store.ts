import { ObjectFiles } from '../aws/object-files.ts'
import { S3 } from '../aws/s3.ts'
import type { Address } from '../lib/http.ts'

/** Both clients of the object store at one address, closed when it is over. */
export async function withStore<T>(
  store: Address,
  act: (s3: S3, files: ObjectFiles) => Promise<T>,
): Promise<T> {
  const [s3, files] = await Promise.all([S3.at(store), ObjectFiles.at(store)])
  try {
    return await act(s3, files)
  } finally {
    s3.close()
    files.close()
  }
}
