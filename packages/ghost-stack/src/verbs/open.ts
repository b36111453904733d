import { ProsoraError, verb } from '@prosora/service';
import { stackOptions } from '../options.ts';
import { domainIn, hasProfileIn, settingReader } from '../settings/effective.ts';
import { readEnvFile } from '../settings/env-file.ts';

export const open = verb({
  help: 'Shows where everything is',
  needs: stackOptions,
  run({ options: { dir }, show }) {
    const of = settingReader(dir);
    if (of('DOMAIN') === '' && !hasProfileIn('sandbox', process.env, readEnvFile(dir).values)) {
      throw new ProsoraError('NO_DOMAIN', 'DOMAIN is not set in .env.', {
        help: '`prosora init` asks for it.',
      });
    }
    const domain = domainIn(of);
    const admin = of('ADMIN_DOMAIN') || domain;
    const pages = {
      'The site': `https://${domain}/`,
      'Ghost Admin': `https://${admin}/ghost/`,
      ...(of('CONSOLE') !== 'off' && { 'The console': `https://${admin}/ghost/prosora/` }),
    };
    show(pages, (all) => Object.entries(all).map(([name, url]) => `${name.padEnd(12)} ${url}`));
    return 0;
  },
});
