import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { ProsoraError } from '../errors.ts';
import { readOptions } from '../options/options.ts';
import type { Command } from './command.ts';
import { commandHelp, verbHelp } from './help.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';
import type { Flags, FlagValues, Verb } from './verb.ts';

/** Where a command runs and prints; `process` is one. */
export interface Terminal {
  env: Record<string, string | undefined>;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  versions: { node: string };
}

const MISUSED = 2;

/**
 * Runs a command to its end and resolves with its exit code: what the verb says, 1 for whatever it threw, 2 for a
 * command that was typed wrong. Never rejects; errors become one line, since a stack says nothing to someone whose
 * variable is missing or whose port is taken.
 *
 * Words are read by Node's own `parseArgs`: it is strict, needs no package, and leaves the help to the option tables.
 */
export async function runCommand(
  command: Command,
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const isJson = words.includes('--json');
  try {
    return await run(command, words, terminal, isJson);
  } catch (error) {
    const { code = 'UNEXPECTED', message, help } = error as ProsoraError;
    if (isJson)
      terminal.stdout.write(`${JSON.stringify({ error: { code, message, help } }, null, 2)}\n`);
    else terminal.stderr.write(`${[message, help].filter(Boolean).join(' ')}\n`);
    return code === 'USAGE' ? MISUSED : 1;
  }
}

/** The whole of a bin: runs the command with the words of this process, and ends well when a pipe is closed. */
export async function runAsProcess(command: Command): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read it has seen enough, as `head` has; the number is that of a process that SIGPIPE ended.
    if (error.code === 'EPIPE') process.exit(141);
    throw error;
  });
  process.exitCode = await runCommand(command, process.argv.slice(2), process);
}

async function run(
  command: Command,
  words: readonly string[],
  terminal: Terminal,
  isJson: boolean,
): Promise<number> {
  const print = (text: string): void => void terminal.stdout.write(text.replace(/\n?$/, '\n'));
  const printAll = (text: string | Iterable<string>): void => {
    for (const line of typeof text === 'string' ? [text] : text) print(line);
  };
  const [first] = words;
  if (first === '--version' || first === '-v') return said(print, command.version);
  if (first === '--help' || first === '-h') return said(print, commandHelp(command));
  if (first === 'help' && words.length === 1) return said(print, commandHelp(command));
  if (first === undefined && !('serve' in command.verbs))
    return said(print, commandHelp(command)) || MISUSED;
  assertNode(command, terminal);

  const asked = first === 'help' ? [words[1] ?? '', '--help'] : words;
  const isNamed = asked[0] !== undefined && !asked[0].startsWith('-');
  const name = (isNamed ? asked[0] : undefined) ?? 'serve';
  if (!isNamed && !('serve' in command.verbs))
    throw new UsageError(`Name a verb before ${asked[0]}.`, `\`${command.name} help\` lists all.`);
  const verb = findVerb(command, name);
  const { flags, args } = parse(command, name, verb, asked.slice(isNamed ? 1 : 0));
  if (flags['help'] === true) return said(print, verbHelp(command, name, verb));
  countWords(command, name, verb, args);

  const code = await verb.run({
    args,
    flags: flags as FlagValues<Flags>,
    options: readOptions(verb.needs ?? {}, terminal.env),
    print: isJson ? () => {} : print,
    show(result, format) {
      if (isJson) return print(JSON.stringify(result, null, 2));
      printAll(format(result));
    },
    async showEach(items, format) {
      let count = 0;
      for await (const item of items) {
        if (isJson) terminal.stdout.write(`${count === 0 ? '[' : ','}\n${JSON.stringify(item)}`);
        else printAll(format(item));
        count += 1;
      }
      if (isJson) terminal.stdout.write(count === 0 ? '[]\n' : '\n]\n');
    },
  });
  return code ?? 0;
}

function said(print: (text: string) => void, text: string): number {
  print(text);
  return 0;
}

function assertNode({ name, oldestNode = 24 }: Command, { versions }: Terminal): void {
  if (Number.parseInt(versions.node, 10) >= oldestNode) return;
  throw new ProsoraError(
    'NODE_TOO_OLD',
    `${name} needs Node ${oldestNode}; this is Node ${versions.node}.`,
  );
}

function findVerb({ name, verbs }: Command, given = ''): Verb {
  const verb = Object.hasOwn(verbs, given) ? verbs[given] : undefined;
  if (verb !== undefined) return verb;
  const meant = nearest(given, Object.keys(verbs));
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  throw new UsageError(`${name} has no verb "${given}".${hint}`, `\`${name} help\` lists all.`);
}

function parse(
  { name }: Command,
  verbName: string,
  verb: Verb,
  words: readonly string[],
): { flags: Record<string, unknown>; args: string[] } {
  const options: ParseArgsOptionsConfig = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  for (const [flag, { type, multiple }] of Object.entries(verb.flags ?? {})) {
    if (type === 'boolean') options[flag] = { type, default: false };
    else options[flag] = multiple ? { type, multiple, default: [] } : { type };
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options,
    });
    return { flags: values, args: positionals };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(`${message}.`);
    const given = /'(-[^' ]+)/.exec(message)?.[1] ?? '';
    const meant = nearest(given, Object.keys(verb.flags ?? {}));
    const hint = meant === undefined ? '' : ` Did you mean "--${meant}"?`;
    throw new UsageError(
      `\`${name} ${verbName}\` has no flag ${given}.${hint}`,
      `\`${name} ${verbName} --help\` lists all.`,
    );
  }
}

function countWords(
  { name }: Command,
  verbName: string,
  { args = '' }: Verb,
  given: readonly string[],
): void {
  const wanted = args.split(' ').filter(Boolean);
  const least = wanted.filter((word) => word.startsWith('<')).length;
  const most = args.includes('…') ? Number.POSITIVE_INFINITY : wanted.length;
  if (given.length >= least && given.length <= most) return;
  const what = given.length < least ? 'needs more words' : 'takes fewer words';
  const usage = [name, verbName, args].filter(Boolean).join(' ');
  throw new UsageError(`\`${name} ${verbName}\` ${what}.`, `Usage: ${usage}`);
}
