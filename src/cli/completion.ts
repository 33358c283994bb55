import type { Command } from 'commander';

/** Shells that completion is written for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** What may follow a command: its sub-commands and options. */
interface Words {
  /** Names from the program on, such as `canary status`; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

/** A script that completes commands and options in a shell, made from the program as it is. */
export function completionScript(program: Command, shell: Shell): string {
  const table = wordsOf(program, '');
  return shell === 'fish' ? fish(table) : bash(table, shell);
}

function wordsOf(command: Command, path: string): Words[] {
  const options = [...command.options, ...(command.parent?.options ?? [])].map(({ long }) => long ?? '');
  const words = [...command.commands.map((sub) => sub.name()), ...options, '--help'].filter((word) => word !== '');
  const below = command.commands.flatMap((sub) => wordsOf(sub, `${path} ${sub.name()}`.trim()));
  return [{ path, words }, ...below];
}

/** In bash and zsh: the words that are no options are the path; files complete where no word fits. */
const bash = (table: readonly Words[], shell: 'bash' | 'zsh'): string => `# ${shell} completion of bondx-mlops
${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_bondx_mlops() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${table.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _bondx_mlops bondx-mlops
`;

const fish = (table: readonly Words[]): string =>
  `# fish completion of bondx-mlops
${table
  .flatMap(({ path, words }) => {
    const names = path.split(' ').filter((name) => name !== '');
    const here =
      names.length === 0
        ? '__fish_use_subcommand'
        : names.map((name) => `__fish_seen_subcommand_from ${name}`).join('; and ');
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c bondx-mlops -n '${here}' -l ${word.slice(2)}`
        : `complete -c bondx-mlops -n '${here}' -a ${word}`,
    );
  })
  .join('\n')}
`;
