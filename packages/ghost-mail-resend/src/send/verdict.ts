import * as z from 'zod';
import type { ResendAnswer } from './resend.ts';

/**
 * What an answer means for the chunk that was sent.
 *
 * `unsure`: mails may have gone out; only the same bytes under the same key may follow.
 * `busy`: the same key is being worked on. `paced`, `quota`: too fast, or none left for now.
 * `locked`: our key does not work at all. `blocked`: this sender may not send now.
 * `mismatch`: Resend holds other bytes under the key. `refused`: the content is wrong.
 */
export type Verdict =
  | { kind: 'accepted'; ids: readonly (string | null)[]; refused: readonly RefusedMail[] }
  | {
      kind: 'unsure' | 'busy' | 'paced' | 'quota' | 'locked' | 'blocked' | 'mismatch' | 'refused';
      reason: string;
    }
  /** Nothing reached Resend: no connection could be made. */
  | { kind: 'unreachable'; reason: string };

/** A mail of a batch that Resend did not take, by its place in the batch. */
interface RefusedMail {
  index: number;
  message: string;
}

type RefusalKind = Exclude<Verdict['kind'], 'accepted'>;

/** By the name of the error: https://resend.com/docs/api-reference/errors */
const BY_NAME: Record<string, RefusalKind> = {
  rate_limit_exceeded: 'paced',
  daily_quota_exceeded: 'quota',
  monthly_quota_exceeded: 'quota',
  concurrent_idempotent_requests: 'busy',
  invalid_idempotent_request: 'mismatch',
  resource_locked: 'busy',
  missing_api_key: 'locked',
  invalid_api_key: 'locked',
  restricted_api_key: 'locked',
  suspended_api_key: 'locked',
};

/** By the status, where the name says nothing. Every other status is `unsure`. */
const BY_STATUS: Record<number, RefusalKind> = {
  400: 'refused',
  401: 'locked',
  403: 'blocked',
  404: 'blocked',
  405: 'blocked',
  413: 'refused',
  422: 'refused',
  429: 'paced',
  451: 'refused',
};

/** Verdicts after which certainly none of the batch's mails was taken by this call. */
export const CLEAN_REFUSALS: ReadonlySet<Verdict['kind']> = new Set<Verdict['kind']>([
  'paced',
  'quota',
  'locked',
  'blocked',
  'refused',
  'unreachable',
]);

const mailSchema = z.object({ id: z.string() });
const batchSchema = z.object({
  data: z.array(mailSchema),
  errors: z.array(z.object({ index: z.int(), message: z.string() })).default([]),
});
/** A single mail is answered with its id alone. */
const answerSchema = z.union([
  batchSchema,
  mailSchema.transform((mail) => ({ data: [mail], errors: [] })),
]);

/** Reads Resend's answer to a call of `size` mails. */
export function judge(answer: ResendAnswer, size: number): Verdict {
  const { status, connected, name, message } = answer;
  if (status !== null && status >= 200 && status < 300) return judgeAcceptance(answer.body, size);
  const kind =
    (name === null ? undefined : BY_NAME[name]) ??
    (status === null ? undefined : BY_STATUS[status]) ??
    (connected ? 'unsure' : 'unreachable');
  return { kind, reason: name === null ? message : `${name}: ${message}` };
}

/**
 * The ids come in the order of the mails without the refused ones, as far as is known. Where their
 * number does not fit, the mails are out all the same, and webhooks name them by our tag instead.
 */
function judgeAcceptance(body: unknown, size: number): Verdict {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return { kind: 'unsure', reason: 'Resend answered with a broken body.' };
  const { data, errors } = parsed.data;
  const refused = errors.filter(({ index }) => index >= 0 && index < size);
  const places = new Set(refused.map(({ index }) => index));
  const isComplete = data.length + places.size === size;
  const ids: (string | null)[] = [];
  let taken = 0;
  for (let index = 0; index < size; index++) {
    ids.push(places.has(index) || !isComplete ? null : (data[taken++]?.id ?? null));
  }
  return { kind: 'accepted', ids, refused };
}
