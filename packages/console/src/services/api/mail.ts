// Made from packages/ghost-mail-resend/openapi.json by `npm run docs`; do not edit.

import type { Finding, Numbers, Page, PageInput } from './every-service.ts';

export interface operations {
  /** Says what waits, how fast Resend lets mails leave, and what is alarming. */
  'status': {
    access: 'read';
    input: Record<string, never>;
    output: Numbers & {
      /** Those that are not sent, by their state */
      'chunks': Record<string, number>;
      'oldestWaitingAt': string | null;
      /** Calls to Resend in a second */
      'limit': number;
      /** No call begins before */
      'heldUntil': string | null;
      'lastWebhookAt': string | null;
      'alarms': (string)[];
    };
  };
  /** Lists newsletters, the newest first. */
  'newsletters': {
    access: 'read';
    input: PageInput & {
      'site'?: string | undefined;
      /** At this time or later */
      'since'?: string | undefined;
      /** Before this time */
      'until'?: string | undefined;
      /** Whether to say how far each of them is */
      'progress'?: string | undefined;
    };
    output: Page<{
      /** Ghost's id of the newsletter */
      'emailId': string;
      'site': string;
      'acceptedAt': string;
      /** With `%recipient.x%` still in it; null where the text was forgotten */
      'subject': string | null;
      'decision': "paused" | "canceled" | null;
      /** Null unless it was asked for */
      'progress': {
        /** Ghost's id of the newsletter */
        'emailId': string;
        'acceptedAt': string;
        /** With `%recipient.x%` still in it; null where the text was forgotten */
        'subject': string | null;
        'decision': "paused" | "canceled" | null;
        'accepted': number;
        'queued': number;
        'sent': number;
        'unknown': number;
        'canceled': number;
        'delivered': number;
        'opened': number;
        'failed': number;
        'complained': number;
        /** Mails a second in the last minute */
        'rate': number;
        /** When the last one leaves, at the present rate */
        'doneAt': string | null;
        /** The call to Resend that tells why mails of it wait; null when none do */
        'waits': {
          'state': "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead";
          'attempts': number;
          'dueAt': string;
          /** Why the last try did not end well */
          'reason': string | null;
        } | null;
      } | null;
    }>;
  };
  /** Says how far a newsletter is. */
  'newsletter': {
    access: 'read';
    input: {
      /** Ghost's id of the newsletter */
      'emailId': string;
    };
    output: {
      /** Ghost's id of the newsletter */
      'emailId': string;
      'acceptedAt': string;
      /** With `%recipient.x%` still in it; null where the text was forgotten */
      'subject': string | null;
      'decision': "paused" | "canceled" | null;
      'accepted': number;
      'queued': number;
      'sent': number;
      'unknown': number;
      'canceled': number;
      'delivered': number;
      'opened': number;
      'failed': number;
      'complained': number;
      /** Mails a second in the last minute */
      'rate': number;
      /** When the last one leaves, at the present rate */
      'doneAt': string | null;
      /** The call to Resend that tells why mails of it wait; null when none do */
      'waits': {
        'state': "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead";
        'attempts': number;
        'dueAt': string;
        /** Why the last try did not end well */
        'reason': string | null;
      } | null;
    };
  };
  /** Lists the recipients of a newsletter and what became of them. With a filter a page may have fewer than asked for: the list ends where `next` is null. */
  'recipients': {
    access: 'read';
    input: PageInput & {
      /** Ghost's id of the newsletter */
      'emailId': string;
      'state'?: "queued" | "sent" | "failed" | "unknown" | "canceled" | undefined;
      /** Only those of whom Ghost was told this */
      'event'?: "delivered" | "opened" | "failed" | "complained" | undefined;
    };
    output: Page<{
      /** What the tag gb_r of the mail at Resend says */
      'id': string;
      'address': string;
      /** Ghost's id of the newsletter */
      'emailId': string;
      'state': "queued" | "sent" | "failed" | "unknown" | "canceled";
      'resendId': string | null;
      'events': (string)[];
      'code': number | null;
      'reason': string | null;
    }>;
  };
  /** Lists sign-in and staff mails, or test mails, automations and gifts, the newest first, without their texts. With a filter a page may have fewer than asked for: the list ends where `next` is null. */
  'mails': {
    access: 'read';
    input: PageInput & {
      'lane'?: "transactional" | "single" | undefined;
      'site'?: string | undefined;
      'state'?: "queued" | "sent" | "failed" | "unknown" | "canceled" | undefined;
      /** At this time or later */
      'since'?: string | undefined;
      /** Before this time */
      'until'?: string | undefined;
    };
    output: Page<{
      /** What the tag gb_r of the mail at Resend says */
      'id': string;
      'site': string;
      'lane': "transactional" | "single" | "newsletter";
      'emailId': string | null;
      'address': string;
      'state': "queued" | "sent" | "failed" | "unknown" | "canceled";
      'acceptedAt': string;
      'sentAt': string | null;
      'resendId': string | null;
      /** What was heard of it, oldest first */
      'events': (string)[];
    }>;
  };
  /** Lists the mails to an address, written as Ghost has it, the newest first. */
  'reader': {
    access: 'read';
    input: PageInput & {
      'address': string;
    };
    output: Page<{
      /** What the tag gb_r of the mail at Resend says */
      'id': string;
      'site': string;
      'lane': "transactional" | "single" | "newsletter";
      'emailId': string | null;
      'address': string;
      'state': "queued" | "sent" | "failed" | "unknown" | "canceled";
      'acceptedAt': string;
      'sentAt': string | null;
      'resendId': string | null;
      /** What was heard of it, oldest first */
      'events': (string)[];
    }>;
  };
  /** Shows a mail step by step, without its text. */
  'mail': {
    access: 'read';
    input: {
      /** What the tag gb_r of the mail at Resend says */
      'id': string;
    };
    output: {
      /** What the tag gb_r of the mail at Resend says */
      'id': string;
      'site': string;
      'lane': "transactional" | "single" | "newsletter";
      'emailId': string | null;
      'address': string;
      'state': "queued" | "sent" | "failed" | "unknown" | "canceled";
      'acceptedAt': string;
      'sentAt': string | null;
      'resendId': string | null;
      'domain': string;
      'deliverAt': string | null;
      /** The call to Resend that the mail is in */
      'chunk': {
        'id': string;
        'state': string;
        'calledAt': string | null;
      } | null;
      'attempts': ({
        'startedAt': string;
        'endedAt': string;
        'outcome': string;
        'reason': string | null;
      })[];
      'events': ({
        'type': string;
        'kind': string;
        /** By Resend's clock */
        'at': string;
        /** When Ghost can read it */
        'toldAt': string;
        'severity': "permanent" | "temporary" | null;
        'code': number | null;
        'reason': string | null;
        'bot': string | null;
      })[];
    };
  };
  /** Lists chunks and other jobs by their state; those that were given up, unless told otherwise. */
  'jobs': {
    access: 'read';
    input: PageInput & {
      'state'?: "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead" | undefined;
      /** At this time or later */
      'since'?: string | undefined;
      /** Before this time */
      'until'?: string | undefined;
    };
    output: Page<{
      'id': string;
      'queue': string;
      'state': "waiting" | "ready" | "delayed" | "aside" | "leased" | "done" | "superseded" | "dropped" | "ambiguous" | "dead";
      'emailId': string | null;
      'addedAt': string;
      'dueAt': string;
      'settledAt': string | null;
      'attempts': number;
      'reason': string | null;
    }>;
  };
  /** Lists the hashes of addresses that sites hold on the suppression list of Resend. With a site a page may have fewer than asked for: the list ends where `next` is null. */
  'suppressions': {
    access: 'read';
    input: PageInput & {
      'site'?: string | undefined;
      'address'?: string | undefined;
    };
    output: Page<{
      'addressHash': string;
      'site': string;
      'since': string;
    }>;
  };
  /** Says what the store has of a reader. Looks at every mail, so it takes a while. */
  'traces': {
    access: 'read';
    input: {
      'address': string;
    };
    output: {
      'recipients': number;
      'events': number;
      'texts': number;
      'notes': number;
      'inDoubt': number;
      'suppressed': number;
    };
  };
  /** Takes a reader out of the store. Looks at every mail, so it takes a while. */
  'erase': {
    access: 'write';
    input: {
      'address': string;
    };
    output: {
      'recipients': number;
      'events': number;
      'texts': number;
      'notes': number;
      'inDoubt': number;
      'suppressed': number;
    };
  };
  /** Holds a newsletter back, and says how many recipients wait. */
  'pause': {
    access: 'write';
    input: {
      /** Ghost's id of the newsletter */
      'emailId': string;
    };
    output: {
      /** Ghost's id of the newsletter */
      'emailId': string;
      'recipients': number;
    };
  };
  /** Lets a newsletter go on, and says how many recipients wait. */
  'resume': {
    access: 'write';
    input: {
      /** Ghost's id of the newsletter */
      'emailId': string;
    };
    output: {
      /** Ghost's id of the newsletter */
      'emailId': string;
      'recipients': number;
    };
  };
  /** Ends a newsletter for good, and says how many recipients get nothing. */
  'cancel': {
    access: 'write';
    input: {
      /** Ghost's id of the newsletter */
      'emailId': string;
    };
    output: {
      /** Ghost's id of the newsletter */
      'emailId': string;
      'recipients': number;
    };
  };
  /** Tries jobs again that were given up; what may have been sent is never sent again. */
  'replay': {
    access: 'write';
    input: {
      'ids': (string)[];
    };
    output: {
      'again': (string)[];
      /** May have been sent: Resend is asked once more */
      'asked': (string)[];
      'missing': (string)[];
    };
  };
  /** Says that the machine's clock is right. */
  'trustClock': {
    access: 'write';
    input: Record<string, never>;
    output: {
      'machines': number;
    };
  };
  /** Looks at what keeps mail from going out or its events from coming in. */
  'doctor': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
}
