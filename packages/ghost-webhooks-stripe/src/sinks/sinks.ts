import type { Job, Result } from '@prosora/durable';
import { createTinybirdEvents, type OptionValues } from '@prosora/service';
import type { Inbox, Sink } from '../inbox/inbox.ts';
import type { stripeOptions } from '../options.ts';
import { createHandlerCall, handlerSinks, loadHandlers } from './handler-sink.ts';
import { createMrrSender, mrrSink } from './mrr-sink.ts';

/** A sink and how its jobs are done. */
export interface OpenSink extends Sink {
  handler(inbox: Pick<Inbox, 'find'>): (job: Job, signal: AbortSignal) => Promise<Result>;
}

/** Opens the sinks that the options ask for. @throws StripeWebhookError `HANDLERS` */
export async function openSinks(
  values: Pick<
    OptionValues<typeof stripeOptions>,
    'handlers' | 'tinybirdUrl' | 'tinybirdToken' | 'tinybirdDatasource'
  >,
): Promise<OpenSink[]> {
  const { tinybirdUrl: url, tinybirdToken: token, tinybirdDatasource: datasource } = values;
  const sinks: OpenSink[] = [];
  if (url !== undefined && token !== undefined) {
    const send = createMrrSender(createTinybirdEvents({ url, token, datasource }));
    sinks.push({ ...mrrSink, handler: () => send });
  }
  if (values.handlers !== undefined) {
    const handlers = await loadHandlers(values.handlers);
    for (const sink of handlerSinks(handlers)) {
      const handler = ({ find }: Pick<Inbox, 'find'>) =>
        createHandlerCall(handlers, sink.name, find);
      sinks.push({ ...sink, handler });
    }
  }
  return sinks;
}
