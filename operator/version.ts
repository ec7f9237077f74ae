// Which Ringkeeper this is: the version of the package that these files belong to.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folder of the package: the nearest above this file, which lies deeper where it was built. */
export const PACKAGE_FOLDER = packageFolder(import.meta.dirname);

export const VERSION = (
  JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as { version: string }
).version;

function packageFolder(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageFolder(dirname(folder));
}
