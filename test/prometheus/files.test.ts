import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { monitoringFiles } from '../../helm/monitoring/files.ts';

test.each(Object.entries(monitoringFiles()))(
  '%s is what `npm run monitoring` writes',
  (path, text) => {
    expect(readFileSync(path, 'utf8')).toBe(text);
  },
);
