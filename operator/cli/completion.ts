// `dht completion SHELL`: a script that makes the shell complete `dht`. It asks `dht` itself each time.
import { Argument, Command } from 'commander';
import { COMPLETE } from './complete.ts';
import type { GlobalOptions } from './target.ts';
import type { Terminal } from './terminal.ts';

const SCRIPTS = {
  bash: `_dht() {
  local IFS=$'\\n'
  COMPREPLY=($(dht ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | grep -v '^:' | cut -f1))
}
complete -o default -F _dht dht`,
  zsh: `#compdef dht
_dht() {
  local -a found
  found=(\${(f)"$(dht ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null | grep -v '^:' | cut -f1)"})
  compadd -a found
}
compdef _dht dht`,
  fish: `complete -c dht -f -a '(dht ${COMPLETE} (commandline -opc)[2..] (commandline -ct) 2>/dev/null \\
  | string match -v ":*")'`,
} as const;

export function completionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .description('a script that makes your shell complete commands, options, rings and members')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  dht completion bash > ~/.local/share/bash-completion/completions/dht
  dht completion zsh > "\${fpath[1]}/_dht"
  dht completion fish > ~/.config/fish/completions/dht.fish`,
    )
    .action((shell: keyof typeof SCRIPTS, _options: object, command: Command) => {
      const script = SCRIPTS[shell];
      if (command.optsWithGlobals<GlobalOptions>().output === 'json')
        terminal.printJson({ shell, script });
      else terminal.print(script);
    });
}
