import { describeOption } from '../options/describe-option.ts';
import type { Options } from '../options/options.ts';
import type { Command } from './command.ts';
import type { Flags, Verb } from './verb.ts';

/** No line of a help is longer: terminals of this width are common, and longer lines are hard to read. */
const COLUMNS = 100;

/** Flags that every verb has. */
const COMMON: Flags = {
  json: { type: 'boolean', help: 'Print the result for a program' },
  help: { type: 'boolean', help: 'Show this' },
};

/** What the command does, and every variable that it reads. */
export function commandHelp({ name, about, verbs, options, notes }: Command): string {
  const rows = Object.entries(verbs).map(([verb, { args, help }]) => {
    const isDefault = verb === 'serve' ? ' (the default)' : '';
    return [[verb, args].filter(Boolean).join(' '), help + isDefault] as const;
  });
  return `Usage: ${name} [verb]

${about}

${table(rows)}
\`${name} VERB --help\` shows a verb's flags and the variables that it reads.
Every verb takes --json.
${notes ? `\n${notes}\n` : ''}
${variables(options)}`;
}

/** What one verb does, with its flags and its variables. */
export function verbHelp(
  { name }: Command,
  verb: string,
  { args, help, flags, needs }: Verb,
): string {
  const rows = Object.entries({ ...flags, ...COMMON }).map(([flag, { value, help: does }]) => {
    return [`--${flag}${value ? ` ${value}` : ''}`, does] as const;
  });
  return `Usage: ${[name, verb, args].filter(Boolean).join(' ')} [flags]

${help}.

${table(rows)}${needs && Object.keys(needs).length > 0 ? `\n${variables(needs)}` : ''}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows
    .map(([left, right]) => `  ${left.padEnd(width)}${filled(right, width + 2)}\n`)
    .join('');
}

/** Breaks a text between words; the lines after its first begin at a column. */
function filled(text: string, column: number): string {
  const line = new RegExp(`\\S.{0,${COLUMNS - column - 1}}(?= |$)|\\S+`, 'gm');
  return (text.match(line) ?? []).join(`\n${' '.repeat(column)}`);
}

function variables(options: Options): string {
  const lines = Object.values(options).map((option) => {
    const { standing, unit, meaning } = describeOption(option);
    const preset = [standing, unit].filter(Boolean).join(' ');
    return `  ${filled(`${option.env} (${preset})`, 2)}\n      ${filled(meaning, 6)}\n`;
  });
  return `Environment variables; <NAME>_FILE names a file that holds the value instead:\n\n${lines.join('')}`;
}
