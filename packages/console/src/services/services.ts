import type { operations as CdnOperations } from './api/cdn.ts';
import type { operations as EngineOperations } from './api/engine.ts';
import type { operations as MailOperations } from './api/mail.ts';
import type { operations as OpsOperations } from './api/ops.ts';
import type { operations as PaymentOperations } from './api/payments.ts';
import type { operations as VisitOperations } from './api/visits.ts';
import { type Api, createApi, type OutputOf } from './client.ts';
import { createMetricsReader, type Metrics } from './metrics.ts';
import { PART_NAMES, type Part } from './parts.ts';

/** What each part can be asked. */
interface Operations {
  mail: MailOperations;
  payments: PaymentOperations;
  visits: VisitOperations;
  engine: EngineOperations;
  cdn: CdnOperations;
  ops: OpsOperations;
}

/** The client of a part. */
export type Service<P extends Part> = Api<Operations[P]>;

/** What a part answers to a question, as in `Said<'mail', 'status'>`. */
export type Said<P extends Part, Name extends keyof Operations[P]> = OutputOf<Operations[P][Name]>;

/** Everything that the console asks; undefined is a part that the site does not have. */
export type Services = { [P in Part]?: Service<P> | undefined } & { metrics?: Metrics | undefined };

/** The options that say where the parts are, as `consoleOptions` has them. */
export type ServicePlaces = {
  [Name in `${Part}Url` | `${Part}Token` | 'metricsUrl']?: string | undefined;
};

/** Makes the clients of the parts whose addresses are set. */
export function createServices(places: ServicePlaces): Services {
  const { metricsUrl } = places;
  const clients = PART_NAMES.map((part) => {
    const { [`${part}Url` as const]: url, [`${part}Token` as const]: token = '' } = places;
    return [part, url && createApi({ url, token })] as const;
  });
  const metrics = metricsUrl === undefined ? undefined : createMetricsReader(metricsUrl);
  return { ...(Object.fromEntries(clients) as Services), metrics };
}
