import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProsoraError, UsageError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { settingProblems } from '../settings/check-settings.ts';
import { isSecretSetting } from '../settings/effective.ts';
import { readEnvFile, withValues, writeEnvFile } from '../settings/env-file.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';

export const set = verb({
  help: 'Changes settings in .env, once they are right, and leaves all else in it as it is',
  args: '<NAME=VALUE>…',
  needs: stackOptions,
  async run({ args, options: { dir }, show }) {
    const changes = Object.fromEntries(args.map(pairOf));
    await oneAtATime(dir, `set ${Object.keys(changes).join(' ')}`, async () => {
      const { text, values } = readEnvFile(dir);
      // A first setting begins with the file that explains them all.
      const former = text === '' ? readFileSync(join(dir, '.env.example'), 'utf8') : text;
      const names = Object.keys(changes);
      const wrong = settingProblems(dir, {}, { ...values, ...changes }).filter((problem) =>
        names.some((name) => problem.startsWith(`${name} `)),
      );
      if (wrong.length > 0) throw new ProsoraError('SETTINGS', wrong.join('\n'));
      await writeEnvFile(dir, withValues(former, changes));
    });
    const shown = Object.entries(changes).map(([name, value]) => ({
      name,
      value: isSecretSetting(name) ? '[redacted]' : value,
    }));
    show(shown, (all) => [
      ...all.map(({ name, value }) => `${name}=${value}`),
      '`prosora up` takes it on.',
    ]);
    return 0;
  },
});

function pairOf(word: string): [name: string, value: string] {
  const at = word.indexOf('=');
  if (at < 1) throw new UsageError(`"${word}" is no setting.`, 'Write NAME=VALUE.');
  return [word.slice(0, at), word.slice(at + 1)];
}
