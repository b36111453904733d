import { pick, verb } from '@prosora/service';
import { collectorOptions } from '../options.ts';
import { readDeadLetters } from '../send/dead-letters.ts';
import { replay } from '../send/replay.ts';
import { deadLettersIn, laneDirsIn } from '../spool/data-dir.ts';
import { tinybirdOf, upstreamOptions } from './upstream.ts';

const filesIn = (dataDir: string): string[] => laneDirsIn(dataDir).map(deadLettersIn);

/** Shows what the upstream does not take. */
export const dead = verb({
  help: 'Prints the hits that the upstream does not take, and why, as lines of JSON',
  needs: pick(collectorOptions, 'dataDir'),
  run({ options: { dataDir }, show }) {
    show(filesIn(dataDir).flatMap(readDeadLetters), (letters) =>
      letters.map((letter) => JSON.stringify(letter)),
    );
    return 0;
  },
});

/** Sends it again. */
export const replayVerb = verb({
  help: 'Sends dead hits again, after what kept them out was mended',
  flags: {
    batch: { type: 'string', value: 'NAME', help: 'Only the hits of this batch' },
    anyway: { type: 'boolean', help: 'Also hits that the upstream may have, which doubles them' },
  },
  needs: { ...upstreamOptions, ...pick(collectorOptions, 'dataDir') },
  async run({ flags, options, print, show }) {
    const tinybirdFor = (datasource?: string) => tinybirdOf(options, datasource);
    const replayed: { batch: string; hits: number; stays: string | null }[] = [];
    for (const file of filesIn(options.dataDir)) {
      for await (const { letter, stays } of replay(file, tinybirdFor, flags)) {
        const hits = letter.rows.length;
        replayed.push({ batch: letter.batch, hits, stays: stays ?? null });
        print(`${stays ? '✘' : '✔'} ${letter.batch}, ${hits} hits${stays ? `: ${stays}` : ''}`);
      }
    }
    // A person has read them by now.
    show(replayed, () => []);
    return replayed.some(({ stays }) => stays !== null) ? 1 : 0;
  },
});
