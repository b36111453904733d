import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inbox, InboxOptions } from '../../src/inbox/inbox.ts';
import { openInbox } from '../../src/inbox/open-inbox.ts';
import type { StripeEvent } from '../../src/webhook/event.ts';
import type { ReceivedEvent } from '../../src/webhook/receive.ts';
import { bytesOf } from './events.ts';

/** An inbox in a folder of its own, and where it is. */
export async function openTestInbox(
  options: Partial<InboxOptions> = {},
): Promise<{ inbox: Inbox; file: string }> {
  const { file = join(mkdtempSync(join(tmpdir(), 'prosora-inbox-')), 'inbox.db') } = options;
  return { inbox: await openInbox({ livemode: 'any', ...options, file }), file };
}

/** An event as it comes out of the verifier. */
export function received(event: StripeEvent, body: Uint8Array = bytesOf(event)): ReceivedEvent {
  const about = { signature: 't=1,v1=a', timestamp: 1, secretId: '0badcafe' };
  return { event, body, ...about, remoteAddress: '203.0.113.7' };
}
