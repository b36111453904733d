import { emptyLog, type ReaderTraces } from '../inbox/erase.ts';
import { misused, placeOf, print, printJson, type Verb, withInbox } from './verb.ts';

/** `erase ADDRESS`: says what the inbox has of a reader; with `--yes` what is in their events is erased. */
export const erase: Verb = ({ args: [address = ''], yes, json }, values) => {
  if (!/^\S+@\S+$/.test(address)) {
    throw misused('Say whose events.', 'For example `erase reader@example.com`.');
  }
  return withInbox(values, async (inbox) => {
    const traces = await inbox.findReader(address);
    const erased = yes ? await inbox.erase(traces.events) : undefined;
    if (json) printJson({ ...traces, ...(erased !== undefined && { erased }) });
    else print(describe(traces, erased));
    if (erased === undefined) return;
    const { file, mysql } = placeOf(values);
    if (mysql === undefined && !emptyLog(file)) {
      print('The log of the file is in use: run this once more, so that it is overwritten too.\n');
      process.exitCode = 1;
    }
    if (erased < traces.events.length || traces.waiting.length > 0) process.exitCode = 1;
  });
};

function describe(
  { events, types, customers, waiting }: ReaderTraces,
  erased: number | undefined,
): string {
  const list = Object.entries(types).map(([type, count]) => `  ${count} ${type}\n`);
  const who = customers.length === 0 ? 'no customer at Stripe' : customers.join(', ');
  const left =
    waiting.length === 0
      ? ''
      : `${waiting.length} more wait for Ghost, a handler or a person, and stay: ${waiting.join(', ')}. \`skip\` them or wait, then run this again.\n`;
  const done =
    erased === undefined
      ? 'Nothing was changed: with --yes what is in them is erased. Their ids stay, so that Ghost gets none of them again.\n'
      : `${erased} were erased. Their ids stay, so that Ghost gets none of them again.\n`;
  return `${events.length} events of ${who}\n${list.join('')}${left}${done}Ghost, Stripe and your backups have copies of their own.\n`;
}
