// Made from packages/ghost-webhooks-stripe/openapi.json by `npm run docs`; do not edit.

import type { Finding, Numbers, Page } from './every-service.ts';

export interface operations {
  /** Counts events, deliveries by state, handlers and revenue. */
  'status': {
    access: 'read';
    input: Record<string, never>;
    output: Numbers & {
      'events': number;
      'held': Record<string, number>;
      'deliveries': Record<string, number>;
      'sinks': Record<string, Record<string, number>>;
      'mrr': Record<string, number>;
      'oldestPending': string | null;
      'clock': string | null;
    };
  };
  /** Looks at everything that the inbox needs, and says what to do. */
  'doctor': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
  /** Lists events, newest first. A page may be short, even empty: the last one is that without `next`. */
  'events': {
    access: 'read';
    input: {
      /** How many at most */
      'limit'?: number | undefined;
      'after'?: string | undefined;
      /** Of these states, separated by commas: waiting, ready, delayed, aside, leased, done, superseded, dropped, ambiguous, dead, held, twin, ignored */
      'state'?: string | undefined;
      /** Of this type of Stripe's */
      'type'?: string | undefined;
      /** Of this customer at Stripe */
      'customer'?: string | undefined;
      /** That came at this time or later; with `state`, one that was held counts from when it was sent on */
      'since'?: string | undefined;
      /** That came before this time */
      'until'?: string | undefined;
    };
    output: Page<{
      'id': string;
      'type': string;
      'customer': string | null;
      'receivedAt': string;
      'source': "stripe" | "reconcile";
      'state': "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead" | "held" | "twin" | "ignored";
      /** Why it was held or is not done: what Ghost answered */
      'reason': string | null;
      'attempts': number;
    }>;
  };
  /** Shows one event with every attempt to deliver it. */
  'event': {
    access: 'read';
    input: {
      'id': string;
      /** Whether to show what is in the event */
      'payload'?: string | undefined;
    };
    output: {
      'id': string;
      'type': string;
      'customer': string | null;
      'receivedAt': string;
      'source': "stripe" | "reconcile";
      'state': "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead" | "held" | "twin" | "ignored";
      /** Why it was held or is not done: what Ghost answered */
      'reason': string | null;
      'attempts': number;
      'apiVersion': string | null;
      'livemode': boolean;
      'secretId': string;
      'remoteAddress': string | null;
      'bytes': number;
      'twinOf': string | null;
      'deliveries': ({
        /** `ghost`, or the name of a handler */
        'sink': string;
        'state': "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead";
        'reason': string | null;
        'attempt': number;
        'dueAt': string | null;
        'attempts': ({
          'attempt': number;
          'startedAt': string;
          'endedAt': string;
          'outcome': "done" | "retry" | "park" | "ambiguous" | "dead" | "lost";
          /** What Ghost answered */
          'reason': string | null;
        })[];
      })[];
      /** As Stripe sent it */
      'payload'?: string | undefined;
    };
  };
  /** Lists what happened to members, newest first, as events say. A page is of so many events, and may have few changes or none: the last one is that without `next`. */
  'changes': {
    access: 'read';
    input: {
      /** How many at most */
      'limit'?: number | undefined;
      'after'?: string | undefined;
      'type'?: "subscription.started" | "subscription.upgraded" | "subscription.downgraded" | "subscription.cancel_scheduled" | "subscription.resumed" | "subscription.past_due" | "subscription.recovered" | "subscription.ended" | "payment.succeeded" | "payment.failed" | "payment.refunded" | "donation" | "gift" | undefined;
      /** Of this customer at Stripe */
      'customer'?: string | undefined;
      /** That came at this time or later; with `state`, one that was held counts from when it was sent on */
      'since'?: string | undefined;
      /** That came before this time */
      'until'?: string | undefined;
    };
    output: Page<{
      'type': "subscription.started" | "subscription.upgraded" | "subscription.downgraded" | "subscription.cancel_scheduled" | "subscription.resumed" | "subscription.past_due" | "subscription.recovered" | "subscription.ended" | "payment.succeeded" | "payment.failed" | "payment.refunded" | "donation" | "gift";
      /** The event that says so */
      'eventId': string;
      'at': string;
      'customer': string | null;
      /** Of the member, as far as an event of theirs says it */
      'address': string | null;
      'subscription': string | null;
      /** In the currency's smallest unit */
      'amount': number | null;
      'currency': string | null;
    }>;
  };
  /** Counts the events that `replay` or `skip` would take by the same filter. */
  'count': {
    access: 'read';
    input: {
      /** Of these states, separated by commas: waiting, ready, delayed, aside, leased, done, superseded, dropped, ambiguous, dead, held, twin, ignored */
      'state'?: string | undefined;
      /** Of this type of Stripe's */
      'type'?: string | undefined;
      /** Of this customer at Stripe */
      'customer'?: string | undefined;
      /** That came at this time or later; with `state`, one that was held counts from when it was sent on */
      'since'?: string | undefined;
      /** That came before this time */
      'until'?: string | undefined;
      /** Where to stop; 10,000 without it */
      'limit'?: number | undefined;
      /** All that Ghost will not get by itself */
      'all'?: string | undefined;
    };
    output: {
      'count': number;
      /** Whether it stopped */
      'isMore': boolean;
    };
  };
  /** Sends events to Ghost again, oldest first. Of those that a filter finds, one that somebody else has sent on meanwhile is left. */
  'replay': {
    access: 'write';
    input: {
      /** Of these states, separated by commas: waiting, ready, delayed, aside, leased, done, superseded, dropped, ambiguous, dead, held, twin, ignored */
      'state'?: string | undefined;
      /** Of this type of Stripe's */
      'type'?: string | undefined;
      /** Of this customer at Stripe */
      'customer'?: string | undefined;
      /** That came at this time or later; with `state`, one that was held counts from when it was sent on */
      'since'?: string | undefined;
      /** That came before this time */
      'until'?: string | undefined;
      /** These events, and no filter; with `state` those alone that are in one of these still */
      'ids'?: (string)[] | undefined;
      /** So many at most, the newest of them */
      'limit'?: number | undefined;
      /** All that Ghost will not get by itself */
      'all'?: boolean | undefined;
    };
    output: {
      /** How many events were chosen */
      'asked': number;
      /** For how many of them it could be done */
      'changed': number;
    };
  };
  /** Takes events out that Ghost need not get. */
  'skip': {
    access: 'write';
    input: {
      /** Of these states, separated by commas: waiting, ready, delayed, aside, leased, done, superseded, dropped, ambiguous, dead, held, twin, ignored */
      'state'?: string | undefined;
      /** Of this type of Stripe's */
      'type'?: string | undefined;
      /** Of this customer at Stripe */
      'customer'?: string | undefined;
      /** That came at this time or later; with `state`, one that was held counts from when it was sent on */
      'since'?: string | undefined;
      /** That came before this time */
      'until'?: string | undefined;
      /** These events, and no filter; with `state` those alone that are in one of these still */
      'ids'?: (string)[] | undefined;
      /** So many at most, the newest of them */
      'limit'?: number | undefined;
      /** All that Ghost will not get by itself */
      'all'?: boolean | undefined;
    };
    output: {
      /** How many events were chosen */
      'asked': number;
      /** For how many of them it could be done */
      'changed': number;
    };
  };
  /** Says what the inbox has of a reader; with `apply` what is in their events is erased. */
  'erase': {
    access: 'write';
    input: {
      'address': string;
      'apply'?: boolean | undefined;
    };
    output: {
      'events': (string)[];
      'types': Record<string, number>;
      'customers': (string)[];
      /** Those that somebody still has to get, which stay */
      'waiting': (string)[];
      'erased'?: number | undefined;
      /** On disk, too */
      'isOverwritten'?: boolean | undefined;
    };
  };
  /** Says what Stripe has and the inbox or Ghost lacks. */
  'differences': {
    access: 'read';
    input: {
      /** The events of so many days, `30d`; `all` for every subscription, and older events too */
      'since': string;
      /** Products at Stripe whose subscriptions are the site's, separated by commas */
      'products'?: string | undefined;
    };
    output: {
      'repairs': ({
        'kind': "lost" | "unknown-to-ghost" | "stale-in-ghost";
        /** The event that repairs it */
        'id': string;
        'type': string;
        /** The customer or the object that it is about */
        'subject': string;
        'why': string;
        'outcome'?: "sent" | "gone" | "counted" | "known" | "twin" | "held" | undefined;
      })[];
      'notes': (string)[];
      'compared': {
        'events': number;
        'subscriptions': number;
      };
    };
  };
  /** Puts what is missing into the inbox. */
  'reconcile': {
    access: 'write';
    input: {
      /** The events of so many days, `30d`; `all` for every subscription, and older events too */
      'since': string;
      /** Products at Stripe whose subscriptions are the site's, separated by commas */
      'products'?: string | undefined;
    };
    output: {
      'repairs': ({
        'kind': "lost" | "unknown-to-ghost" | "stale-in-ghost";
        /** The event that repairs it */
        'id': string;
        'type': string;
        /** The customer or the object that it is about */
        'subject': string;
        'why': string;
        'outcome'?: "sent" | "gone" | "counted" | "known" | "twin" | "held" | undefined;
      })[];
      'notes': (string)[];
      'compared': {
        'events': number;
        'subscriptions': number;
      };
    };
  };
  /** Says that the machine's clock is right after it jumped. */
  'trust-clock': {
    access: 'write';
    input: Record<string, never>;
    output: {
      'isHeard': boolean;
    };
  };
}
