import { ProsoraError, UsageError, verb } from '@prosora/service';
import { readAnswers, replaceAnswers } from '../init/answers.ts';
import { stackOptions } from '../options.ts';
import { settingProblems } from '../settings/check-settings.ts';
import { isSecretSetting } from '../settings/effective.ts';
import { changeSettings, readEnvFile } from '../settings/env-file.ts';
import { oneAtATime } from '../stack/one-at-a-time.ts';

export const set = verb({
  help: 'Changes settings in .env, once they are right, and leaves all else in it as it is',
  args: '[NAME=VALUE]…',
  flags: {
    answers: {
      type: 'string',
      value: 'FILE',
      help: 'For secrets: JSON or lines of NAME=VALUE; - for the standard input',
    },
  },
  needs: stackOptions,
  async run({ args, flags, options: { dir }, show }) {
    const changes = readAnswers(dir, args, flags.answers);
    const names = Object.keys(changes);
    if (names.length === 0) throw new UsageError('Nothing is to be set.', 'Write NAME=VALUE.');
    await oneAtATime(dir, `set ${names.join(' ')}`, async () => {
      const values = { ...readEnvFile(dir).values, ...changes };
      const wrong = settingProblems(dir, {}, values).filter((problem) =>
        names.some((name) => problem.startsWith(`${name} `)),
      );
      if (wrong.length > 0) throw new ProsoraError('SETTINGS', wrong.join('\n'));
      await changeSettings(dir, changes);
      replaceAnswers(dir, changes);
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
