// The stored ring document: a ConfigMap, written by compare-and-set (R1, I2). A document that has grown
// large is kept compressed, since an object may have a mebibyte. Beside it stands its epoch, which a
// policy of the API server reads (helm/ringkeeper/templates/policies/documents.yaml).
import { gunzipSync, gzipSync } from 'node:zlib';
import type { RingDocument } from '../../core/api/ring-document.ts';
import { RingError } from '../../core/errors.ts';
import { DOCUMENT_BYTES_MAX, KUBE_PLAIN_BYTES_MAX } from '../../core/limits.ts';
import { decodeDocument, encodeDocument } from '../../core/membership/document.ts';
import { checkReplacement } from '../stored-document.ts';
import type { KubeApi } from './api.ts';
import { CONFIG_MAPS } from './kinds.ts';
import { ownedMetadata } from './manifests/ring.ts';
import type { Ring } from './manifests/ring.ts';
import { objectNames } from './names.ts';
import type { ConfigMap } from './shapes.ts';

const PLAIN = 'ring.json';
const COMPRESSED = 'ring.json.gz';

const decoded = new WeakMap<ConfigMap, RingDocument>();

/** null: there is no such object. A damaged one throws BAD_REQUEST, never null. */
export function documentIn(map: ConfigMap | null): RingDocument | null {
  if (map === null) return null;
  let document = decoded.get(map);
  if (document === undefined) {
    document = decodeDocument(textIn(map));
    decoded.set(map, document);
  }
  return document;
}

function textIn(map: ConfigMap): string {
  const plain = map.data?.[PLAIN];
  if (plain !== undefined) return plain;
  const compressed = map.binaryData?.[COMPRESSED];
  if (compressed === undefined) {
    throw new RingError(
      'BAD_REQUEST',
      `ConfigMap ${map.metadata.name} holds no ring document: neither ${PLAIN} nor ${COMPRESSED}`,
    );
  }
  try {
    const bytes = gunzipSync(Buffer.from(compressed, 'base64'), {
      maxOutputLength: DOCUMENT_BYTES_MAX,
    });
    return bytes.toString('utf8');
  } catch (cause) {
    throw new RingError(
      'BAD_REQUEST',
      `${COMPRESSED} of ConfigMap ${map.metadata.name} cannot be read`,
      { cause },
    );
  }
}

/** How the document is kept. */
export function documentMap(ring: Ring, document: RingDocument): ConfigMap {
  const text = encodeDocument(document);
  const { apiVersion, kind } = CONFIG_MAPS;
  const head = {
    apiVersion,
    kind,
    metadata: ownedMetadata(ring, objectNames(ring.name).document),
  } as const;
  const data = { epoch: String(document.epoch) };
  if (Buffer.byteLength(text) <= KUBE_PLAIN_BYTES_MAX)
    return { ...head, data: { ...data, [PLAIN]: text } };
  return { ...head, data, binaryData: { [COMPRESSED]: gzipSync(text).toString('base64') } };
}

/** Stores it in place of `replaces`; returns what the API server made of it. Throws CONFLICT. */
export async function storeDocument(
  api: KubeApi,
  ring: Ring,
  { document, replaces }: { document: RingDocument; replaces: RingDocument | null },
): Promise<ConfigMap> {
  const wanted = documentMap(ring, document);
  const { name } = wanted.metadata;
  const live = await api.get<ConfigMap>({ kind: CONFIG_MAPS, namespace: ring.namespace, name });
  checkReplacement(document, { stored: documentIn(live), replaces });
  if (live === null) return await api.create(CONFIG_MAPS, wanted);
  const { resourceVersion, uid } = live.metadata;
  const metadata = { ...wanted.metadata, ...(uid === undefined ? {} : { uid }) };
  return await api.replace(CONFIG_MAPS, {
    ...wanted,
    metadata: { ...metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  });
}
