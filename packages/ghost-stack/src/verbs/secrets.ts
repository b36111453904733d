import { didYouMean, UsageError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { ROTATED, rotateSecrets, secretStates } from '../services/rotate-secret.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';

export const secrets = verb({
  help: 'Lists the stack’s own secrets, or replaces one with no outage',
  args: '<list|rotate> [name]…',
  needs: stackOptions,
  async run({ args: [what, ...names], options: { dir }, print, show }) {
    if (what === 'list' && names.length === 0) {
      show(await secretStates(dir), (all) =>
        all.map(({ name, since, isChanging }) => {
          const note = isChanging
            ? `  a change was cut off: \`prosora secrets rotate ${name}\` ends it`
            : '';
          return `${name.padEnd(24)} since ${since.slice(0, 10)}${note}`;
        }),
      );
      return 0;
    }
    if (what !== 'rotate' || names.length === 0) {
      throw new UsageError('Write `prosora secrets list` or `prosora secrets rotate NAME`.');
    }
    names.forEach(assertKnown);
    await oneAtATime(dir, `secrets rotate ${names.join(' ')}`, async () => {
      await rotateSecrets(dir, names, print);
    });
    show(
      { rotated: names },
      () => 'Every service goes on with the new one, and takes no former one.',
    );
    return 0;
  },
});

function assertKnown(name: string): void {
  if (ROTATED.includes(name)) return;
  const hint = didYouMean(name, ROTATED, '`prosora secrets list` shows all.');
  throw new UsageError(`The stack has no secret "${name}". ${hint}`);
}
