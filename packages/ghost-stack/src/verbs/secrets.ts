import { didYouMean, UsageError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { takeRepository } from '../repository/open-repository.ts';
import { findPlace } from '../repository/place.ts';
import { rotatePassword } from '../repository/rotate-password.ts';
import { ROTATED, rotateSecrets, secretStates } from '../services/rotate-secret.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';

/** The one that no service has. */
const BACKUP_PASSWORD = 'backup_password';

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
    if (names.includes(BACKUP_PASSWORD)) {
      if (names.length > 1) throw new UsageError(`Rotate ${BACKUP_PASSWORD} by itself.`);
      const place = await findPlace(dir);
      using _turn = await takeRepository(place);
      const password = await rotatePassword(place, print);
      show({ rotated: names, password }, () => 'The former password opens the backups no more.');
      return 0;
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
  const known = [...ROTATED, BACKUP_PASSWORD];
  const hint = didYouMean(name, known, '`prosora secrets list` shows all.');
  throw new UsageError(`The stack has no secret "${name}". ${hint}`);
}
