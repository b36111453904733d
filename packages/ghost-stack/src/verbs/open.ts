import { ProsoraError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { effectiveSettings } from '../settings/effective.ts';

export const open = verb({
  help: 'Shows where everything is',
  needs: stackOptions,
  run({ options: { dir }, show }) {
    const settings = effectiveSettings(dir, process.env);
    const of = (name: string): string => settings.get(name)?.value ?? '';
    const domain = of('DOMAIN');
    if (domain === '') throw new ProsoraError('NO_DOMAIN', 'DOMAIN is not set in .env.');
    const admin = of('ADMIN_DOMAIN') || domain;
    const pages = {
      'The site': `https://${domain}/`,
      'Ghost Admin': `https://${admin}/ghost/`,
    };
    show(pages, (all) => Object.entries(all).map(([name, url]) => `${name.padEnd(12)} ${url}`));
    return 0;
  },
});
