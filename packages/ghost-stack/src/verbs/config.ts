import { verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { settingProblems } from '../settings/check-settings.ts';
import { effectiveSettings, isSecretSetting } from '../settings/effective.ts';

export const config = verb({
  help: 'Shows what applies for each setting and where it stands; secrets are left out',
  needs: stackOptions,
  run({ options: { dir }, show }) {
    const settings = [...effectiveSettings(dir, process.env).values()].map((setting) => ({
      name: setting.name,
      source: setting.source,
      value: isSecretSetting(setting.name) && setting.value !== '' ? '[redacted]' : setting.value,
    }));
    const problems = settingProblems(dir, process.env);
    show({ settings, problems }, () => [
      ...settings.map(({ name, source, value }) => `${name}=${value}  (${source})`),
      ...problems.map((problem) => `✘ ${problem}`),
    ]);
    return problems.length > 0 ? 1 : 0;
  },
});
