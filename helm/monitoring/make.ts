// Writes all files of monitoring: `npm run monitoring`. A test compares them with their sources.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { monitoringFiles } from './files.ts';
import { REFERENCE, referencePage } from './reference.ts';

const files = { ...monitoringFiles(), [REFERENCE]: await referencePage() };
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
