import type { Logger } from '@prosora/service';
import type { Channel, Message } from './message.ts';

/** Who is told, and of which site. */
export interface Telling {
  site: string;
  channels: readonly Channel[];
  logger: Logger;
}

/** Tells everybody. Whether it reached anybody: the log says who was not. */
export async function reach(message: Message, { channels, logger }: Telling): Promise<boolean> {
  const sent = await Promise.allSettled(channels.map(({ send }) => send(message)));
  for (const [at, { status, ...outcome }] of sent.entries()) {
    if (status === 'fulfilled') continue;
    const { message: reason } = (outcome as PromiseRejectedResult).reason as Error;
    const channel = channels[at]?.name;
    logger.error({ event: 'person.not-told', channel, reason }, 'a person could not be told');
  }
  return sent.some(({ status }) => status === 'fulfilled');
}
