import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError, type Verb, verb } from '@prosora/service';
import { at } from '@prosora/service/ghost';
import { caddyfile } from '../edge/caddy.ts';
import { nginxConfig } from '../edge/nginx.ts';
import { edgeRules, themeSizes } from '../edge/rules.ts';
import { workerModule } from '../edge/worker.ts';
import { CONFIG_FLAG, type Place, settingsAt } from './place.ts';
import { openStore } from './stores.ts';

const WRITERS = { caddy: caddyfile, nginx: nginxConfig, worker: workerModule };
const KINDS = Object.keys(WRITERS);

/** Makes the verb `edge`. */
export function edgeAt(place: Place): Verb {
  return verb({
    help: 'Prints the rules for an asset host in front of Cloudinary',
    args: `<${KINDS.join('|')}>`,
    flags: {
      ...CONFIG_FLAG,
      site: { type: 'string', value: 'URL', help: "The site (default: Ghost's url)" },
      edge: { type: 'string', value: 'URL', help: "The asset host (default: Ghost's urls.image)" },
      theme: { type: 'string', value: 'FOLDER', help: 'The active theme, for its image sizes' },
      resolver: {
        type: 'string',
        value: 'ADDRESS',
        help: 'nginx: the DNS server to ask for Cloudinary (default: 1.1.1.1)',
      },
    },
    run({ args: [kind = ''], flags, show }) {
      if (!isKind(kind)) throw new UsageError(`edge needs one of ${KINDS.join(', ')}.`);
      const ghost = settingsAt(place, flags);
      const theme = flags.theme && resolve(place.cwd(), flags.theme, 'package.json');
      const rules = edgeRules({
        options: openStore(ghost, 'images').options,
        siteUrl: flags.site ?? ghost.siteUrl ?? '',
        edgeUrl: flags.edge ?? String(at(ghost.config, 'urls', 'image') ?? ''),
        themeSizes: themeSizes(theme && JSON.parse(readFileSync(theme, 'utf8'))),
        resolver: flags.resolver,
      });
      show({ kind, rules: WRITERS[kind](rules) }, (result) => result.rules);
    },
  });
}

function isKind(kind: string): kind is keyof typeof WRITERS {
  return Object.hasOwn(WRITERS, kind);
}
