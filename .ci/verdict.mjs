// The end of what CI prints: what failed, once more, and the verdict as the last line. Called by ./run
// with the folder that its stages left and with how many of them failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Of each failure; some hundred lines are what a page of CI shows. */
const LINES_MAX = 30;
const COLUMNS_MAX = 300;
/** Of each stage: where more tests failed than that, something before them did. */
const TESTS_MAX = 10;

const [folder, broken] = process.argv.slice(2);

const readOr = (name, instead) => {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return instead;
  }
};
/** Without colours. */
const linesOf = (text) =>
  text
    .replace(/\x1b\[[0-9;]*m/g, '')
    .trimEnd()
    .split('\n');
const tell = (lines) => {
  for (const line of lines) console.log(`  ${line.slice(0, COLUMNS_MAX)}`);
};
const isRed = ({ status }) => status === 'failed';

/** Files of tests as Jest tells of them; none where a stage left no results. */
const resultsOf = (stage) => {
  try {
    return JSON.parse(readOr(stage, '')).testResults;
  } catch {
    return [];
  }
};

/** Of one file: each test that failed, or why the file could not be read. */
function* failuresOf({ name, message = '', assertionResults }) {
  const file = relative('.', name);
  const failed = assertionResults.filter(isRed);
  for (const { fullName, failureMessages = [] } of failed)
    yield [`${file}: ${fullName}`, ...linesOf(failureMessages.join('\n')).slice(0, LINES_MAX)];
  if (failed.length === 0) yield [file, ...linesOf(message).slice(0, LINES_MAX)];
}

function recap() {
  const stages = readdirSync(folder).filter((name) => name.endsWith('.log'));
  for (const stage of stages.map((name) => name.slice(0, -'.log'.length))) {
    console.log(`what failed in ${stage}:`);
    const failures = resultsOf(stage)
      .filter(isRed)
      .flatMap((file) => [...failuresOf(file)]);
    for (const lines of failures.slice(0, TESTS_MAX)) tell(lines);
    if (failures.length > TESTS_MAX) tell([`and ${failures.length - TESTS_MAX} more`]);
    if (failures.length === 0) tell(linesOf(readOr(`${stage}.log`, '')).slice(-LINES_MAX));
  }
  process.stdout.write(readOr('broken', ''));
}

/**
 * A test that failed has failed its stage too: that is one failure, not two. A file that two stages ran
 * counts as in the later one: without a cluster the scenarios are skipped, with one they are run last.
 */
function verdict() {
  const files = new Map();
  let failing = 0;
  for (const stage of ['tests', 'scenarios']) {
    const results = resultsOf(stage);
    for (const each of results) files.set(each.name, each);
    if (results.some(isRed)) failing += 1;
  }
  const all = [...files.values()];
  const count = (...wanted) =>
    all
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => wanted.includes(status)).length;
  const unread = all.filter((file) => isRed(file) && !file.assertionResults.some(isRed)).length;
  const others = Math.max(Number(broken) - failing, files.size === 0 ? 1 : 0);
  const failed = count('failed') + unread + others;
  const skipped = count('pending', 'skipped', 'todo');
  return `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

recap();
console.log(verdict());
