import type { Html } from '@prosora/service/look';
import { type ActionForm, actionForm } from '../look/form.ts';
import type { Frame } from '../look/page.ts';

/**
 * The parts that have an operator API: what people call each, the command that it is and the service of the stack that
 * runs it, with the port of its private listener there.
 */
export const PARTS = {
  mail: { name: 'The mail service', command: 'prosora-mail', service: 'mail', port: 4201 },
  payments: {
    name: 'The Stripe inbox',
    command: 'prosora-stripe',
    service: 'webhooks',
    port: 4301,
  },
  visits: {
    name: 'The collector of visits',
    command: 'prosora-collector',
    service: 'analytics',
    port: 4401,
  },
  engine: {
    name: 'The analytics engine',
    command: 'prosora-engine',
    service: 'engine',
    port: 7182,
  },
  cdn: { name: 'The CDN service', command: 'prosora-cdn', service: 'cdn', port: 4601 },
  ops: { name: 'The service `ops`', command: 'prosora ops', service: 'ops', port: 4501 },
} as const;

/** The name of a part in the console. */
export type Part = keyof typeof PARTS;

/** The same as a list, in the order in which the options name them. */
export const PART_NAMES = Object.keys(PARTS) as Part[];

/** The line that does the same as an action, as it is typed on the machine of the stack. */
export function verbOf(part: Part, verb: string): string {
  const { service, command } = PARTS[part];
  return `docker compose exec ${service} ${command} ${verb}`;
}

/** The button for what the section of a part can change; the command beside it is `verb`, or the name alone. */
export function partForm(
  part: Part,
  { name, verb = name, ...form }: Omit<ActionForm, 'action'> & { name: string },
  frame: Pick<Frame, 'token'>,
): Html {
  return actionForm({ ...form, action: `/${part}/${name}`, verb: verbOf(part, verb) }, frame);
}

/** The button that says to a part that the clock is right, after it jumped. */
export const TRUST_CLOCK = { name: 'trust-clock', label: 'The clock is right' };
