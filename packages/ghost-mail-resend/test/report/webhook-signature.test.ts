import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Resend } from 'resend';
import { expect, test } from 'vitest';
import { verifySignature, webhookHeaders } from '../../src/report/webhook-signature.ts';

const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
const other = `whsec_${Buffer.from('another one of some length').toString('base64')}`;

function sign(id: string, timestamp: string, body: string, key: string): string {
  const bytes = Buffer.from(key.replace('whsec_', ''), 'base64');
  return `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

const isTaken = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

test("takes what Resend's own library takes, and nothing that it refuses, at the time it was signed", () => {
  const { webhooks } = new Resend('re_unused');
  const signature = fc.oneof(
    fc.constantFrom('good', 'other', 'good other', 'v2', 'cut', 'longer', 'v1,', ''),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.json(), fc.uuid(), signature, (body, id, kind) => {
      const timestamp = `${Math.floor(Date.now() / 1000)}`;
      const good = sign(id, timestamp, body, secret);
      const made: Record<string, string> = {
        good,
        other: sign(id, timestamp, body, other),
        'good other': `${sign(id, timestamp, body, other)} ${good}`,
        v2: good.replace('v1', 'v2'),
        cut: good.slice(0, -2),
        longer: `${good}AAAA`,
      };
      const headers = { id, timestamp, signature: made[kind] ?? kind };
      const isOurs = isTaken(() => verifySignature(Buffer.from(body), headers, [secret]));
      const isTheirs = isTaken(() =>
        webhooks.verify({ payload: body, headers, webhookSecret: secret }),
      );
      expect(isOurs).toBe(isTheirs);
    }),
  );
});

test('either name of the three headers is read, and never half of each', () => {
  const values = { id: 'msg_1', timestamp: '1', signature: 'v1,x' };
  const named = (prefix: string) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}-${name}`, value]));
  expect(webhookHeaders(named('svix'))).toEqual(values);
  expect(webhookHeaders(named('webhook'))).toEqual(values);
  expect(() =>
    webhookHeaders({ 'svix-id': 'msg_1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' }),
  ).toThrow(expect.objectContaining({ status: 400 }));
});
