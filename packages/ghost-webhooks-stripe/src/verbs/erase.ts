import { UsageError, verb } from '@prosora/service';
import { emptyLog, type ReaderTraces } from '../inbox/erase.ts';
import { inboxNeeds, placeOf, withInbox } from './visit.ts';

/** `erase ADDRESS`: says what the inbox has of a reader; with `--yes` what is in their events is erased. */
export const erase = verb({
  help: 'Shows what the inbox has of a reader; --yes erases it',
  args: '<address>',
  flags: { yes: { type: 'boolean', help: 'Erase what is in their events, and keep the ids' } },
  needs: inboxNeeds,
  async run({ args: [address = ''], flags: { yes }, options, show }) {
    if (!/^\S+@\S+$/.test(address)) {
      throw new UsageError(
        `${address} is no e-mail address.`,
        'For example `prosora-stripe erase reader@example.com`.',
      );
    }
    return withInbox(options, async (inbox) => {
      const traces = await inbox.findReader(address);
      const erased = yes ? await inbox.erase(traces.events) : undefined;
      const { file, mysql } = placeOf(options);
      const isOverwritten = erased === undefined || mysql !== undefined || emptyLog(file);
      show({ ...traces, ...(erased !== undefined && { erased, isOverwritten }) }, () => [
        ...describe(traces, erased),
        ...(isOverwritten ? [] : [IN_USE]),
      ]);
      if (erased === undefined) return 0;
      const isAll = erased >= traces.events.length && traces.waiting.length === 0;
      return isAll && isOverwritten ? 0 : 1;
    });
  },
});

const IN_USE = 'The log of the file is in use: run this once more, so that it is overwritten too.';

function describe(
  { events, types, customers, waiting }: ReaderTraces,
  erased: number | undefined,
): string[] {
  const who = customers.length === 0 ? 'no customer at Stripe' : customers.join(', ');
  return [
    `${events.length} events of ${who}`,
    ...Object.entries(types).map(([type, count]) => `  ${count} ${type}`),
    ...(waiting.length === 0
      ? []
      : [
          `${waiting.length} more wait for Ghost, a handler or a person, and stay: ${waiting.join(', ')}. \`skip\` them or wait, then run this again.`,
        ]),
    erased === undefined
      ? 'Nothing was changed: with --yes what is in them is erased. Their ids stay, so that Ghost gets none of them again.'
      : `${erased} were erased. Their ids stay, so that Ghost gets none of them again.`,
    'Ghost, Stripe and your backups have copies of their own.',
  ];
}
