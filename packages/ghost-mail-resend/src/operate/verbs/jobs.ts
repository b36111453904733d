import { verb } from '@prosora/service';
import { allPages, findOperator, operatorOptions } from './operator.ts';

export const dead = verb({
  help: 'Lists chunks that were given up, or of which nobody can say whether they were sent',
  needs: operatorOptions,
  async run({ options, showEach }) {
    await using bridge = findOperator(options);
    const jobs = allPages((after) => bridge.ask('jobs', { after }));
    await showEach(
      jobs,
      ({ id, state, settledAt, reason }) => `${id}  ${state}  ${settledAt}  ${reason}`,
    );
    return 0;
  },
});

export const replay = verb({
  help: 'Tries such chunks again; one that may have been sent is never sent again',
  args: '<id>…',
  needs: operatorOptions,
  async run({ args, options, show }) {
    await using bridge = findOperator(options);
    const replayed = await bridge.ask('replay', { ids: [...args] });
    show(replayed, ({ again, asked, missing }) => [
      ...again.map((id) => `${id} will be tried again.`),
      ...asked.map((id) => `${id} may have been sent: Resend is asked again, nothing is sent.`),
      ...missing.map((id) => `The bridge holds no chunk ${id}.`),
    ]);
    return replayed.missing.length === 0 ? 0 : 1;
  },
});
