import { UsageError, type Verb, verb } from '@prosora/service';

type Verbs = Readonly<Record<string, Verb>>;

/** Makes the verb that prints what a shell needs to complete `prosora`, from the command's own definition. */
export function completionOf(verbs: () => Verbs): Verb {
  return verb({
    help: 'Prints what your shell needs to complete verbs and flags',
    args: '<bash|zsh|fish>',
    run({ args: [shell = ''], show }) {
      const script = SHELLS[shell];
      if (!script)
        throw new UsageError(`There is no completion for "${shell}".`, 'Use bash, zsh or fish.');
      show({ script: script(verbs()) }, () => script(verbs()));
      return 0;
    },
  });
}

const flagsOf = ({ flags = {} }: Verb): string[] => ['json', 'help', ...Object.keys(flags)];

function bash(verbs: Verbs): string {
  const cases = Object.entries(verbs).map(
    ([name, verb]) =>
      `    ${name}) words="${flagsOf(verb)
        .map((flag) => `--${flag}`)
        .join(' ')}" ;;`,
  );
  return `_prosora() {
  local words="${Object.keys(verbs).join(' ')} help"
  [ "$COMP_CWORD" = 1 ] || case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _prosora prosora ./prosora`;
}

function fish(verbs: Verbs): string {
  const lines = Object.entries(verbs).flatMap(([name, verb]) => [
    `complete -c prosora -f -n __fish_use_subcommand -a ${name} -d "${plain(verb.help)}"`,
    ...flagsOf(verb).map(
      (flag) => `complete -c prosora -n "__fish_seen_subcommand_from ${name}" -l ${flag}`,
    ),
  ]);
  return lines.join('\n');
}

const plain = (text: string): string => text.replaceAll(/["$`\\]/g, '');

const SHELLS: Readonly<Record<string, (verbs: Verbs) => string>> = {
  bash,
  // It understands what is written for the other.
  zsh: (verbs) =>
    `autoload -U +X compinit bashcompinit && compinit && bashcompinit\n${bash(verbs)}`,
  fish,
};
