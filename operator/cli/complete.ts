// What may follow on a command line: commands, options, and the names of rings and members that are
// there. Printed as cobra does it, which kubectl reads of its plugins.
import type { Argument, Command, Option } from 'commander';
import type { Cli } from './cli.ts';
import type { GlobalOptions } from './target.ts';

export interface Completion {
  readonly words: readonly Candidate[];
  /** Names of files may follow as well. */
  readonly files: boolean;
}

interface Candidate {
  readonly word: string;
  readonly says: string;
}

/** The word that asks for it; nobody types it. */
export const COMPLETE = '__complete';

/** Where the line has got to. */
interface Place {
  readonly command: Command;
  readonly options: Record<string, unknown>;
  /** Arguments of the command before the last word. */
  readonly given: number;
  /** The option whose value is being typed; null: none. */
  readonly valueOf: Option | null;
}

/** `line`: all words after the program's name; the last one is being typed and may be empty. */
export async function complete(
  program: Command,
  cli: Cli,
  line: readonly string[],
): Promise<Completion> {
  const typed = line.at(-1) ?? '';
  const { command, options, given, valueOf } = placeOf(program, line.slice(0, -1));
  const names = (kind: string): Promise<readonly Candidate[]> =>
    namesOf(kind, cli, { ...options, output: 'text' }).catch(() => []);
  const found =
    valueOf !== null
      ? [...choicesOf(valueOf), ...(await names(valueOf.attributeName()))]
      : typed.startsWith('-')
        ? optionsFrom(command)
        : [...commandsOf(command), ...(await argumentsAt(command, given, names))];
  return {
    words: found.filter(({ word }) => word.startsWith(typed)),
    files: valueOf !== null && /file|folder|path/.test(valueOf.flags),
  };
}

export function completionText({ words, files }: Completion): string {
  const lines = words.map(({ word, says }) => (says === '' ? word : `${word}\t${says}`));
  return [...lines, files ? ':0' : ':4', ''].join('\n');
}

function placeOf(program: Command, line: readonly string[]): Place {
  let [command, given] = [program, 0];
  let valueOf: Option | null = null;
  const options: Record<string, unknown> = program.opts();
  for (const word of line) {
    if (valueOf !== null) {
      options[valueOf.attributeName()] = word;
      valueOf = null;
    } else if (word.startsWith('-')) {
      const [flag, value] = word.split('=', 2);
      const option = optionsOf(command).find(({ long, short }) => [long, short].includes(flag));
      if (option === undefined) continue;
      const takes = option.required || option.optional;
      if (value !== undefined) options[option.attributeName()] = value;
      else if (takes) valueOf = option;
      else options[option.attributeName()] = true;
    } else {
      const inner = command.commands.find((each) => each.name() === word);
      if (inner === undefined) given += 1;
      else [command, given] = [inner, 0];
    }
  }
  return { command, options, given, valueOf };
}

/** Its own and those of all above it. */
function optionsOf(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent === null ? [] : optionsOf(command.parent))];
}

const optionsFrom = (command: Command): readonly Candidate[] =>
  optionsOf(command).map(({ long, short, description }) => ({
    word: long ?? short ?? '',
    says: description,
  }));

const commandsOf = ({ commands }: Command): readonly Candidate[] =>
  commands.map((each) => ({ word: each.name(), says: each.description() }));

async function argumentsAt(
  command: Command,
  given: number,
  names: (kind: string) => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  const argument = argumentAt(command, given);
  return argument === undefined ? [] : [...choicesOf(argument), ...(await names(argument.name()))];
}

const choicesOf = ({ argChoices }: Option | Argument): readonly Candidate[] =>
  (argChoices ?? []).map((word) => ({ word, says: '' }));

function argumentAt({ registeredArguments }: Command, given: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[given] ?? (last?.variadic === true ? last : undefined);
}

/** By what an argument or option is called. */
async function namesOf(
  kind: string,
  { rings }: Cli,
  options: GlobalOptions,
): Promise<readonly Candidate[]> {
  switch (kind) {
    case 'ring':
    case 'ring-or-replicas':
    case 'cluster': {
      // All of them: the one that is being typed is none yet.
      const all = await rings.targets({ ...options, cluster: undefined });
      return all.map(({ name }) => ({ word: name, says: 'ring' }));
    }
    case 'members':
    case 'decommission':
    case 'via': {
      const { members } = await (await rings.target(options)).status();
      return members.map(({ name, state }) => ({ word: name, says: state }));
    }
    default:
      return [];
  }
}
