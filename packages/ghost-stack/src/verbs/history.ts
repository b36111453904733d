import { verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { inWords } from '../update/in-words.ts';
import { readUpdates } from '../update/update-notes.ts';

export const history = verb({
  help: 'Shows the updates of this stack, and how each went',
  needs: stackOptions,
  async run({ options: { dir }, show }) {
    const updates = readUpdates(dir);
    show(updates, () =>
      updates.length === 0
        ? ['There was no update yet.']
        : updates.flatMap((update) => {
            const [first = '', ...rest] = inWords(update);
            return [`${update.beganAt}  ${first}`, ...rest.map((line) => `  ${line}`)];
          }),
    );
    return 0;
  },
});
