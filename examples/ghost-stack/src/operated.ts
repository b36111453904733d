import type { Choices } from './choices.ts';
import type { KeptSecret } from './kept-secret.ts';

/** What the console shows, by its own name for each part: the service, and the port of its operator API. */
const OPERATED = {
  mail: { service: 'mail', port: 4201, isThere: ({ mailer }) => mailer === 'resend' },
  payments: { service: 'webhooks', port: 4301, isThere: ({ hasInbox }) => hasInbox },
  visits: { service: 'analytics', port: 4401, isThere: ({ analytics }) => analytics !== 'off' },
  engine: { service: 'engine', port: 7182, isThere: ({ analytics }) => analytics === 'engine' },
  cdn: { service: 'cdn', port: 4601, isThere: ({ hasPurge }) => hasPurge },
  ops: { service: 'ops', port: 4501, isThere: ({ hasOps }) => hasOps },
} as const satisfies Record<string, Operated>;

interface Operated {
  service: string;
  port: number;
  isThere: (choices: Choices) => boolean;
}

/** Those that open each of them. */
type Tokens = Record<
  `${(typeof OPERATED)[keyof typeof OPERATED]['service']}_operator_token`,
  KeptSecret
>;

/** Where the console finds each part, and what opens it there; empty for one that was not chosen. */
export function consoleFiles(made: Tokens, choices: Choices): Record<string, string> {
  const files = Object.entries(OPERATED).flatMap(([part, { service, port, isThere }]) => {
    const has = isThere(choices);
    return [
      [`${part}_url`, has ? `http://${service}.watch:${port}` : ''],
      [`${part}_token`, has ? made[`${service}_operator_token`].value : ''],
    ];
  });
  return Object.fromEntries(files);
}
