// Made from packages/ghost-analytics-tinybird/openapi.json by `npm run docs`; do not edit.

import type { Finding, Numbers, Page } from './every-service.ts';

export interface operations {
  /** Says whether the collector is ready, counts, and says what waits to be sent. */
  'status': {
    access: 'read';
    input: Record<string, never>;
    output: Numbers & {
      /** What waits in each lane of the data folder, other collectors among them */
      'spools': ({
        'folder': string;
        'bytes': number;
      })[];
      /** How the clock jumped; null when it is believed */
      'clock': {
        /** Milliseconds since 1970 when the clock jumped */
        'since': number;
        /** By how much it is ahead; below 0 it is behind */
        'stepMs': number;
        /** Whether it jumped while nobody looked */
        'isAbsenceUnknown': boolean;
      } | null;
    };
  };
  /** Walks from the site over the collector to its charts, with the options of the collector, and says what it finds. */
  'doctor': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
  /** Lists the hits that the upstream does not take, and why, in the order in which each lane gave them up. A page also ends after 1 MiB. */
  'dead-letters': {
    access: 'read';
    input: {
      /** How many at most */
      'limit'?: number | undefined;
      'after'?: string | undefined;
    };
    output: Page<{
      /** When it was given up */
      'at': string;
      /** The range it came from, `segment:from-to` */
      'batch': string;
      /** `refused`: the upstream has none of it. `halfway`, `quarantined`: it has the rows, or most of them, and to send them again doubles these; it may have them where a restore put them back */
      'kind': "refused" | "halfway" | "quarantined";
      /** Where the rows were sent, when not to page hits */
      'datasource'?: string | undefined;
      /** What the upstream said */
      'reason': string;
      /** The rows as they were sent */
      'rows': (unknown)[];
    }>;
  };
  /** Shows the dead letter of a batch. */
  'dead-letter': {
    access: 'read';
    input: {
      /** The name of a dead letter */
      'batch': string;
    };
    output: {
      /** When it was given up */
      'at': string;
      /** The range it came from, `segment:from-to` */
      'batch': string;
      /** `refused`: the upstream has none of it. `halfway`, `quarantined`: it has the rows, or most of them, and to send them again doubles these; it may have them where a restore put them back */
      'kind': "refused" | "halfway" | "quarantined";
      /** Where the rows were sent, when not to page hits */
      'datasource'?: string | undefined;
      /** What the upstream said */
      'reason': string;
      /** The rows as they were sent */
      'rows': (unknown)[];
    };
  };
  /** Sends dead letters again, after what kept them out was mended: one, or a page of them. No letter is begun after 10 s, so ask again with `next` until it is null. */
  'replay': {
    access: 'write';
    input: {
      /** How many at most */
      'limit'?: number | undefined;
      'after'?: string | undefined;
      /** Only the dead letter of this batch */
      'batch'?: string | undefined;
      /** Also hits that the upstream may have, which doubles them */
      'anyway'?: boolean | undefined;
    };
    output: Page<{
      'batch': string;
      'hits': number;
      /** Why it stays; null when it is through */
      'stays': string | null;
    }>;
  };
  /** Says that the machine's clock is right after it jumped; the collectors of the data folder hear it within a minute. */
  'trust-clock': {
    access: 'write';
    input: Record<string, never>;
    output: {
      /** False when no collector has looked at the clock yet */
      'isHeard': boolean;
    };
  };
}
