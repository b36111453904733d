import { verb } from '@prosora/service';
import { openSinks } from '../sinks/sinks.ts';
import { askNeeds, operatorOf } from './ask.ts';
import { filterFlags } from './choose.ts';
import { sinkNeeds } from './visit.ts';

const flags = {
  ...filterFlags,
  all: { type: 'boolean', help: 'All that Ghost will not get by itself: dead, ambiguous and held' },
  count: { type: 'boolean', help: 'Only say how many the flags find' },
} as const;

/** `replay`: sends events to Ghost again. */
export const replay = changing('replay', {
  help: 'Sends events to Ghost again: those named, or those that the flags find',
  will: 'will be delivered',
});

/** `skip`: takes events out that Ghost need not get. */
export const skip = changing('skip', {
  help: 'Takes events out that Ghost need not get: those named, or those that the flags find',
  will: 'will not be delivered',
});

function changing(name: 'replay' | 'skip', { help, will }: { help: string; will: string }) {
  return verb({
    help,
    args: '[id]…',
    flags,
    needs: { ...askNeeds, ...sinkNeeds },
    async run({ args, flags: { count: isCounted, ...chosen }, options, show }) {
      const operator = operatorOf(options, { sinks: () => openSinks(options) });
      if (isCounted) {
        const found = await operator.ask('count', { ...chosen, all: String(chosen.all) });
        show(found, ({ count, isMore }) => `${count}${isMore ? ' or more' : ''}`);
        return 0;
      }
      const { state } = chosen;
      const done = await operator.ask(name, args.length > 0 ? { ids: [...args], state } : chosen);
      show(done, ({ asked, changed }) => `${changed} of ${asked} ${will}.`);
      return done.changed < done.asked ? 1 : 0;
    },
  });
}
