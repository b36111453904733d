import type { operations as CdnOperations } from './api/cdn.ts';
import type { operations as EngineOperations } from './api/engine.ts';
import type { operations as MailOperations } from './api/mail.ts';
import type { operations as OpsOperations } from './api/ops.ts';
import type { operations as PaymentOperations } from './api/payments.ts';
import type { operations as VisitOperations } from './api/visits.ts';
import { type Api, createApi } from './client.ts';
import { createMetricsReader, type Metrics } from './metrics.ts';

/** Everything that the console asks; undefined is a part that the site does not have. */
export interface Services {
  mail?: Api<MailOperations> | undefined;
  payments?: Api<PaymentOperations> | undefined;
  visits?: Api<VisitOperations> | undefined;
  engine?: Api<EngineOperations> | undefined;
  cdn?: Api<CdnOperations> | undefined;
  ops?: Api<OpsOperations> | undefined;
  metrics?: Metrics | undefined;
}

/** The options that say where the parts are, as `consoleOptions` has them. */
export type ServicePlaces = {
  [Part in Exclude<keyof Services, 'metrics'> as `${Part}Url`]?: string | undefined;
} & {
  [Part in Exclude<keyof Services, 'metrics'> as `${Part}Token`]?: string | undefined;
} & { metricsUrl?: string | undefined };

/** Makes the clients of the parts whose addresses are set. */
export function createServices(places: ServicePlaces): Services {
  const { metricsUrl } = places;
  const api = <Operations>(url: string | undefined, token: string | undefined) =>
    url === undefined ? undefined : createApi<Operations>({ url, token: token ?? '' });
  return {
    mail: api<MailOperations>(places.mailUrl, places.mailToken),
    payments: api<PaymentOperations>(places.paymentsUrl, places.paymentsToken),
    visits: api<VisitOperations>(places.visitsUrl, places.visitsToken),
    engine: api<EngineOperations>(places.engineUrl, places.engineToken),
    cdn: api<CdnOperations>(places.cdnUrl, places.cdnToken),
    ops: api<OpsOperations>(places.opsUrl, places.opsToken),
    metrics: metricsUrl === undefined ? undefined : createMetricsReader(metricsUrl),
  };
}
