import type { Lane, Recipient, Template } from './message.ts';
import { recipientTag } from './recipient-tag.ts';
import { type RenderedBatch, renderBatch } from './render.ts';
import type { ChunkTable, MailStore } from './schema.ts';

/** A chunk with all that its bytes are made of. */
export interface LoadedChunk {
  chunk: ChunkTable;
  /** Ghost's route, for events. */
  site: string;
  domain: string;
  emailId: string | null;
  lane: Lane;
  trackOpens: boolean;
  template: Template;
  recipients: readonly (Recipient & { position: number })[];
  /** What a person decided about its newsletter. */
  decision: 'paused' | 'canceled' | null;
}

/** Reads a chunk; undefined when its rows are gone. */
export async function loadChunk(store: MailStore, id: string): Promise<LoadedChunk | undefined> {
  const chunk = await store.db
    .selectFrom('chunk')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (chunk === undefined) return undefined;
  const message = await store.db
    .selectFrom('message')
    .leftJoin('newsletter', (join) =>
      join
        .onRef('newsletter.site', '=', 'message.site')
        .onRef('newsletter.email_id', '=', 'message.email_id'),
    )
    .select(['message.site', 'domain', 'message.email_id', 'lane', 'track_opens', 'template'])
    .select('newsletter.state as decision')
    .where('id', '=', chunk.message_id)
    .executeTakeFirstOrThrow();
  const rows = await store.db
    .selectFrom('recipient')
    .select(['position', 'address', 'variables'])
    .where('chunk_id', '=', id)
    .orderBy('position')
    .execute();
  return {
    chunk,
    site: message.site,
    domain: message.domain,
    emailId: message.email_id,
    lane: message.lane,
    trackOpens: message.track_opens === 1,
    template: JSON.parse(message.template),
    recipients: rows.map((row) => ({ ...row, variables: JSON.parse(row.variables) })),
    decision: message.decision,
  };
}

/** Makes the bytes of a chunk from its rows. */
export function renderChunk(
  { chunk, emailId, lane, trackOpens, template, recipients }: LoadedChunk,
  pixelUrl?: (recipientTag: string) => string,
): RenderedBatch {
  const addressed = recipients.map((recipient) => ({
    ...recipient,
    emailId,
    recipientTag: recipientTag({ messageId: chunk.message_id, position: recipient.position }),
  }));
  return renderBatch(template, addressed, {
    // A mail of its own shares no fate, and only such a call takes files.
    isSingle: lane !== 'newsletter' && addressed.length === 1,
    pixelUrl: trackOpens ? pixelUrl : undefined,
  });
}
