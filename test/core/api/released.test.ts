// Manifests that earlier releases took: each is taken for ever, and means what it meant. A release adds
// a folder (UPDATE_GOLDEN=1 writes what its manifests mean); files of an earlier one never change.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseCluster } from '../../../core/api/cluster.ts';
import { SPEC } from '../../../core/api/cluster-spec.ts';

const FOLDER = fileURLToPath(new URL('released/', import.meta.url));

function specOf(path: string): unknown {
  const parsed = parseCluster(parse(readFileSync(FOLDER + path, 'utf8')));
  // With undefined fields left out, as they are in a file.
  return 'problems' in parsed ? parsed : JSON.parse(JSON.stringify(parsed.cluster.spec));
}

describe('a manifest of an earlier release means what it meant', () => {
  test.each(globSync('*/*.yaml', { cwd: FOLDER }))('%s', (path) => {
    const meaning = FOLDER + path.replace(/yaml$/, 'json');
    const spec = specOf(path);
    if (process.env.UPDATE_GOLDEN === '1' && !existsSync(meaning))
      writeFileSync(meaning, `${JSON.stringify(spec, null, 2)}\n`);
    expect(spec).toMatchObject(JSON.parse(readFileSync(meaning, 'utf8')) as object);
  });

  test('and no field is without such a manifest', () => {
    const written = globSync('*/every-field.yaml', { cwd: FOLDER }).flatMap((path) => {
      const { spec } = parse(readFileSync(FOLDER + path, 'utf8')) as { spec: object };
      return Object.keys(spec);
    });
    expect(new Set(written)).toEqual(new Set(Object.keys(SPEC.properties)));
  });
});
