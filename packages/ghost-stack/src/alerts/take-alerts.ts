import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSameSecret, RawBodyError, readRawBody } from '@prosora/service';
import * as z from 'zod';
import type { PostedAlert } from './open-alerts.ts';

/** As far as it is looked at: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const posting = z.object({
  version: z.literal('4'),
  alerts: z.array(
    z.object({
      fingerprint: z.string().min(1),
      status: z.enum(['firing', 'resolved']),
      labels: z.object({ alertname: z.string().min(1), severity: z.string().default('note') }),
      annotations: z.object({
        summary: z.string().default(''),
        command: z.string().default('./prosora status'),
        runbook: z.string().default('docs/alerts.md'),
      }),
      startsAt: z.iso.datetime({ offset: true }),
    }),
  ),
});

const LIMITS = { maxBodyBytes: 1024 ** 2, timeoutMs: 10_000 };

/**
 * Takes what Alertmanager posts to `/alerts`, as a route of the private listener. It is answered 200 once `keep` has
 * returned; what is no such posting 400 with the field that is wrong, and one without the token 401.
 *
 * @param tokens each opens it, since Alertmanager shows the former one for a moment after it was changed
 * @param keep has it on disk when it returns
 */
export function takeAlerts(tokens: readonly string[], keep: (posted: PostedAlert[]) => void) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    if (request.method !== 'POST' || request.url !== '/alerts') return false;
    const answer = (status: number, text: string): true => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
      return true;
    };
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!tokens.some((token) => isSameSecret(given, token))) return answer(401, 'Which token?');
    try {
      const body = JSON.parse(String(await readRawBody(request, LIMITS)));
      const parsed = posting.safeParse(body);
      if (!parsed.success) return answer(400, wordsOf(parsed.error));
      keep(parsed.data.alerts.map(alertOf));
      return answer(200, 'Kept.');
    } catch (error) {
      if (error instanceof RawBodyError) return answer(error.status, error.message);
      if (error instanceof SyntaxError) return answer(400, 'The body is not JSON.');
      throw error;
    }
  };
}

const alertOf = (posted: z.output<typeof posting>['alerts'][number]): PostedAlert => ({
  fingerprint: posted.fingerprint,
  isFiring: posted.status === 'firing',
  name: posted.labels.alertname,
  severity: posted.labels.severity,
  ...posted.annotations,
  since: posted.startsAt,
});

const wordsOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ');
