import { describe, expect, test } from 'vitest';
import { mapResendEvent, resendEventSchema } from '../../src/report/resend-events.ts';

function map(type: string, data: object = {}) {
  const event = { type, created_at: '2026-11-23T21:12:25.000Z', data: { email_id: 'x', ...data } };
  return mapResendEvent(resendEventSchema.parse(event));
}

const eventsOf = (type: string, data?: object) => {
  const mapped = map(type, data);
  return mapped && 'events' in mapped ? mapped.events : [];
};

describe('a webhook of Resend', () => {
  test.each([
    ['email.delivered', 'delivered'],
    ['email.opened', 'opened'],
    ['email.complained', 'complained'],
  ])('%s is %s', (webhook, type) => {
    expect(eventsOf(webhook)).toEqual([{ type, kind: type }]);
  });

  test('a permanent bounce is a failure by the receiving server, then a suppression', () => {
    const bounce = {
      type: 'Permanent',
      subType: 'General',
      message: 'No such user.',
      diagnosticCode: ['smtp; 550 5.1.1 user unknown'],
    };
    expect(eventsOf('email.bounced', { bounce })).toMatchObject([
      {
        type: 'failed',
        severity: 'permanent',
        code: 550,
        enhancedCode: '5.1.1',
        reason: 'No such user.',
      },
      { type: 'failed', severity: 'permanent', code: 605 },
    ]);
  });

  test('a transient bounce is a failure without a suppression', () => {
    const bounce = {
      type: 'Transient',
      subType: 'MailboxFull',
      message: 'Full.',
      diagnosticCode: ['smtp; 452 4.2.2 full'],
    };
    expect(eventsOf('email.bounced', { bounce })).toMatchObject([
      { severity: 'permanent', code: 452 },
    ]);
  });

  test('a bounce off the suppression list is only that', () => {
    const bounce = { type: 'Permanent', subType: 'Suppressed', message: 'Suppressed.' };
    expect(eventsOf('email.bounced', { bounce })).toMatchObject([
      { code: 605, kind: 'suppressed' },
    ]);
  });

  test.each([
    ['previous_bounce', 605],
    ['previous_complaint', 607],
  ])('an address suppressed for a %s is %i', (reason, code) => {
    expect(eventsOf('email.suppressed', { suppressed: { reason } })).toMatchObject([{ code }]);
  });

  test('a delay is a temporary failure', () => {
    expect(eventsOf('email.delivery_delayed')).toMatchObject([
      { severity: 'temporary', code: 450 },
    ]);
  });

  test('a mail that failed for want of quota is sent again', () => {
    expect(map('email.failed', { failed: { reason: 'reached_daily_quota' } })).toEqual({
      requeue: true,
    });
    expect(eventsOf('email.failed', { failed: { reason: 'invalid' } })).toMatchObject([
      { code: 550 },
    ]);
  });

  test.each(['email.sent', 'email.clicked', 'domain.updated', 'constructor'])(
    '%s says nothing to Ghost',
    (type) => {
      expect(map(type)).toBeUndefined();
    },
  );

  test('every failure carries what Ghost needs, however little Resend says', () => {
    const bare = ['email.bounced', 'email.suppressed', 'email.failed', 'email.delivery_delayed'];
    for (const event of bare.flatMap((type) => eventsOf(type, { bounce: {} }))) {
      expect(Number.isInteger(event.code)).toBe(true);
      expect(event.reason).toMatch(/\S/);
    }
  });
});
