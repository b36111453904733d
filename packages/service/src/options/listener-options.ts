import * as z from 'zod';
import type { Options } from './options.ts';

const port = z.coerce.number().int().min(0).max(65_535);

/** What differs between the listeners of two services. */
export interface ListenerDefaults {
  /** Of its variables: `PROSORA_MAIL`. */
  prefix: string;
  /** Who comes to the public one: `Ghost and the webhooks of Resend`. */
  callers: string;
  host?: string;
  port: number;
  privatePort: number;
}

/** The options of a service's two listeners and of its log: one wording for all. */
export function listenerOptions({
  prefix,
  callers,
  host = '127.0.0.1',
  port: publicPort,
  privatePort,
}: ListenerDefaults) {
  return {
    host: {
      env: `${prefix}_HOST`,
      description: `Address to listen on for ${callers}.`,
      schema: z.string().default(host),
      example: '0.0.0.0',
    },
    port: {
      env: `${prefix}_PORT`,
      description: `Port for ${callers}. 0 picks a free one.`,
      schema: port.default(publicPort),
    },
    privateHost: {
      env: `${prefix}_PRIVATE_HOST`,
      description:
        'Address to listen on for health checks, metrics and the operator API. Keep it off the public network.',
      schema: z.string().default('127.0.0.1'),
    },
    privatePort: {
      env: `${prefix}_PRIVATE_PORT`,
      description: 'Port for health checks, metrics and the operator API. 0 picks a free one.',
      schema: port.default(privatePort),
    },
    logLevel: {
      env: `${prefix}_LOG_LEVEL`,
      description: 'The least severe log lines to write.',
      schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
    },
  } satisfies Options;
}
