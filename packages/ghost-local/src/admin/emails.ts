import { type Collection, createCollection, type GhostRecord } from './collection.ts';
import type { AdminRequest } from './request.ts';

/** A newsletter that was sent for a post. */
export type GhostEmail = GhostRecord<{
  uuid: string;
  status: 'pending' | 'submitting' | 'submitted' | 'failed';
  email_count: number;
  delivered_count: number;
  opened_count: number;
  failed_count: number;
  error: string | null;
}>;

/** One request to the mail provider. */
export type GhostEmailBatch = GhostRecord<{
  provider_id: string | null;
  status: 'pending' | 'submitting' | 'submitted' | 'failed';
  error_message: string | null;
  error_status_code: number | null;
}>;

/** A recipient whose mail did not arrive. */
export type GhostEmailFailure = GhostRecord<{
  code: number;
  enhanced_code: string | null;
  message: string;
  severity: 'permanent' | 'temporary';
}>;

/** The newsletters that were sent. */
export interface Emails extends Pick<Collection<GhostEmail>, 'browse' | 'read'> {
  batches(id: string): Promise<GhostEmailBatch[]>;
  failures(id: string): Promise<GhostEmailFailure[]>;
  /** How far Ghost is with fetching events for this mail. */
  analyticsStatus(id: string): Promise<Record<string, unknown>>;
  /** Sends again the batches that failed. */
  retry(id: string): Promise<void>;
}

/** Reads what became of newsletters. */
export function createEmails(request: AdminRequest): Emails {
  const { browse, read } = createCollection<GhostEmail>(request, 'emails');
  return {
    browse,
    read,
    async batches(id) {
      const answer = await request<{ batches: GhostEmailBatch[] }>('GET', `emails/${id}/batches`);
      return answer.batches;
    },
    async failures(id) {
      const path = `emails/${id}/recipient-failures`;
      return (await request<{ failures: GhostEmailFailure[] }>('GET', path)).failures;
    },
    analyticsStatus: (id) => request('GET', `emails/${id}/analytics`),
    async retry(id) {
      await request('PUT', `emails/${id}/retry`);
    },
  };
}
