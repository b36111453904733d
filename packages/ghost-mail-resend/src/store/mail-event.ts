import type { OpenBot } from './schema.ts';

/** What Ghost is to be told about one recipient, in Mailgun's words. */
export interface MailEvent {
  type: 'delivered' | 'opened' | 'failed' | 'complained';
  /** A recipient has at most one event of a kind, however often and in whatever order it is reported. */
  kind: string;
  /** Of a failure; all four are set then, since Ghost stops at a failure without an integer code. */
  severity?: 'permanent' | 'temporary';
  code?: number;
  reason?: string;
  enhancedCode?: string | null;
  /** Of an open: the program that it is by. */
  bot?: OpenBot;
}

/** The recipient an event is about. */
export interface EventSubject {
  messageId: string;
  position: number;
  site: string;
  domain: string;
}

/** When it happened and when we learned of it, in ms since 1970. */
export interface EventTimes {
  occurredAt: number;
  now: number;
}
