// YAML text of a manifest → the cluster it asks for, or all that is wrong with it; and edits of
// single fields that leave comments and order as their author wrote them.
import { isMap, isScalar, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { parseCluster } from '../../core/api/cluster.ts';
import type { DhtCluster } from '../../core/api/cluster.ts';
import { problemText } from '../../core/api/schema.ts';
import { RingError } from '../../core/errors.ts';

export type ManifestText =
  | { readonly cluster: DhtCluster }
  /** `name`: the ring's, where even a damaged manifest tells it. */
  | { readonly problems: readonly string[]; readonly name: string | null };

export function parseManifest(text: string): ManifestText {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    return { problems: document.errors.map(({ message }) => message.trimEnd()), name: null };
  }
  const read = parseCluster(document.toJS());
  if ('cluster' in read) return read;
  const name = document.getIn(['metadata', 'name']);
  return { problems: read.problems.map(problemText), name: typeof name === 'string' ? name : null };
}

export type FieldValue = number | boolean | string | readonly string[];

/** The text with one field of the spec set. Throws MANIFEST_INVALID where the result would not be valid. */
export function withField(text: string, path: readonly string[], value: FieldValue): string {
  const node: unknown = parseDocument(text).getIn(['spec', ...path], true);
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  // A plain value is cut out and replaced in place: not even the blanks around it change.
  if (isPlain && isScalar(node) && node.range && node.type === 'PLAIN') {
    const [from, until] = node.range;
    return checked(`${text.slice(0, from)}${String(value)}${text.slice(until)}`);
  }
  return checked(
    edited(text, (document) => {
      document.setIn(['spec', ...path], document.createNode(value));
    }),
  );
}

/** The text with its whole spec taken from another manifest, comments and all. */
export function withSpecOf(text: string, other: string): string {
  return checked(
    edited(text, (document) => {
      const spec: unknown = parseDocument(other).get('spec', true);
      if (spec === undefined) document.delete('spec');
      else document.set('spec', spec);
    }),
  );
}

function edited(text: string, edit: (document: Document.Parsed) => void): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw invalid(parseManifest(text), 'the manifest in force');
  }
  edit(document);
  return document.toString({ lineWidth: 0 });
}

function checked(text: string): string {
  const read = parseManifest(text);
  if ('problems' in read) throw invalid(read, 'the manifest would not be valid');
  return text;
}

function invalid(read: ManifestText, what: string): RingError {
  const problems = 'problems' in read ? read.problems : ['it is no mapping'];
  return new RingError(
    'MANIFEST_INVALID',
    [`${what}:`, ...problems.map((line) => `  ${line}`)].join('\n'),
  );
}
