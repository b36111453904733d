import type { Lane, Recipient, Template } from '../store/message.ts';
import { recipientTag } from '../store/recipient-tag.ts';
import type { ChunkTable, MailStore } from '../store/schema.ts';
import { type BodyBuffer, borrowBodyBuffer, returnBodyBuffer } from './body-buffer.ts';
import { renderBatch, renderPieces } from './render.ts';

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
    .select(['message.site', 'domain', 'message.email_id', 'lane', 'track_opens'])
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
    template: await loadTemplate(store, chunk.message_id),
    recipients: rows.map((row) => ({ ...row, variables: JSON.parse(row.variables) })),
    decision: message.decision,
  };
}

const lastTemplates = new WeakMap<MailStore, { messageId: string; template: Template }>();

/** The chunks of a newsletter mostly come one after the other, and their template never changes. */
async function loadTemplate(store: MailStore, messageId: string): Promise<Template> {
  const last = lastTemplates.get(store);
  if (last?.messageId === messageId) return last.template;
  const message = await store.db
    .selectFrom('message')
    .select('template')
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow();
  const template: Template = JSON.parse(message.template);
  lastTemplates.set(store, { messageId, template });
  return template;
}

/** Enough for a system call to be worth it. */
const PIECE_BYTES = 128 * 1024;

type PixelUrl = ((recipientTag: string) => string) | undefined;

/** Makes the bytes of a chunk from its rows, in the memory of `body`. */
export function renderChunk(loaded: LoadedChunk, pixelUrl?: PixelUrl, body?: BodyBuffer): Buffer {
  const { addressed, settings } = address(loaded, pixelUrl);
  return renderBatch(loaded.template, addressed, settings, body);
}

/** Makes them piece by piece, so that a call in flight holds no more than one. */
export function* renderChunkPieces(loaded: LoadedChunk, pixelUrl?: PixelUrl): Generator<Buffer> {
  const { addressed, settings } = address(loaded, pixelUrl);
  const body = borrowBodyBuffer();
  try {
    yield* renderPieces(loaded.template, addressed, settings, body, PIECE_BYTES);
  } finally {
    returnBodyBuffer(body);
  }
}

/** Whether a chunk is one mail of its own: that shares no fate, and only such a call takes files. */
export function isSingle({ lane, recipients }: LoadedChunk): boolean {
  return lane !== 'newsletter' && recipients.length === 1;
}

function address(loaded: LoadedChunk, pixelUrl: PixelUrl) {
  const { chunk, emailId, trackOpens, recipients } = loaded;
  const addressed = recipients.map((recipient) => ({
    ...recipient,
    emailId,
    recipientTag: recipientTag({ messageId: chunk.message_id, position: recipient.position }),
  }));
  const settings = {
    isSingle: isSingle(loaded),
    pixelUrl: trackOpens ? pixelUrl : undefined,
  };
  return { addressed, settings };
}
