import { verb } from '@prosora/service';
import type { ReaderTraces } from '../inbox/erase.ts';
import { askNeeds, operatorOf } from './ask.ts';

/** `erase ADDRESS`: says what the inbox has of a reader; with `--yes` what is in their events is erased. */
export const erase = verb({
  help: 'Shows what the inbox has of a reader; --yes erases it',
  args: '<address>',
  flags: { yes: { type: 'boolean', help: 'Erase what is in their events, and keep the ids' } },
  needs: askNeeds,
  async run({ args: [address = ''], flags: { yes }, options, show }) {
    const traces = await operatorOf(options).ask('erase', { address, apply: yes });
    const { erased, isOverwritten = true } = traces;
    show(traces, () => [...describe(traces, erased), ...(isOverwritten ? [] : [IN_USE])]);
    if (erased === undefined) return 0;
    const isAll = erased >= traces.events.length && traces.waiting.length === 0;
    return isAll && isOverwritten ? 0 : 1;
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
