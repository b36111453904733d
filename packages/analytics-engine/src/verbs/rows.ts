import { resolve } from 'node:path';
import { UsageError, verb } from '@prosora/service';
import type { Erasure } from '../care/care.ts';
import { operatorClientOptions, operatorOf } from './operator.ts';

/** Asks the running engine to write a table to a file, which is on its machine. */
export const exportRows = verb({
  help: 'Writes a table to a new file, .ndjson or .parquet, while the engine serves; .gz or .zst after it compresses',
  args: '<table> <file>',
  needs: operatorClientOptions,
  async run({ options, args: [table = '', file = ''], show }) {
    const request = { table, file: resolve(file) };
    const { rows } = await operatorOf(options).ask('export', request);
    show({ ...request, rows }, () => `${rows} rows of ${table} are in ${request.file}`);
    return 0;
  },
});

/** Removes old events now; a person who asks for it vouches for the clock. */
export const retention = verb({
  help: "Removes events older than PROSORA_ENGINE_RETENTION_MONTHS, or than so many months, and says that the machine's clock is right; a running engine does it by itself",
  args: '[months]',
  needs: operatorClientOptions,
  async run({ options, args: [text], show }) {
    const months = text === undefined ? undefined : Number(text);
    if (months !== undefined && !(Number.isInteger(months) && months > 0)) {
      throw new UsageError(`${text} is not a number of months.`, 'Give a whole number from 1.');
    }
    const { removed } = await operatorOf(options).ask('retention', { months });
    show(removed, () => [
      ...removed.map(({ table, month, rows }) => `Removed ${rows} rows of ${table}, ${month}`),
      removed.length > 0 ? 'What views derived from them stays.' : 'Nothing is that old.',
    ]);
    return 0;
  },
});

/** Says where a member is named, and with `--yes` takes the name out. */
export const erase = verb({
  help: 'Says where page views name a member by the id that Ghost gave them, and with --yes puts nobody in its place; the page views stay',
  args: '<member-uuid>',
  flags: { yes: { type: 'boolean', help: 'Erase the id' } },
  needs: operatorClientOptions,
  async run({ options, args: [member = ''], flags: { yes: isSure }, show }) {
    const erasure = await operatorOf(options).ask('erase', { member, isSure });
    show(erasure, () => linesOf(erasure, isSure));
    return 0;
  },
});

function* linesOf({ found, copies }: Erasure, isSure: boolean): Iterable<string> {
  for (const { table, columns, rows } of found) {
    const named = isSure ? 'named' : 'name';
    yield `${rows} rows of ${table} ${named} this member, in ${columns.join(', ')}`;
  }
  if (found.length === 0) yield 'No row names this member.';
  if (copies.length > 0)
    yield `These copies are not changed and may name it:\n${copies.join('\n')}`;
  yield isSure ? 'Erased from the database.' : 'Nothing was changed: with --yes the id is erased.';
}
