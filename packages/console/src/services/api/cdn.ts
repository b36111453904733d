// Made from packages/ghost-cdn-cloudflare/openapi.json by `npm run docs`; do not edit.

import type { Finding, Numbers } from './every-service.ts';

export interface operations {
  /** Says what waits to be purged, since when, and how it goes. */
  'status': {
    access: 'read';
    input: Record<string, never>;
    output: Numbers & {
      /** Changes that are not purged everywhere yet */
      'waiting': number;
      /** When the first of them came */
      'oldest': string | null;
      /** When a purge last ended well */
      'lastPurged': string | null;
      /** Whether pages are marked as old or taken out; null where none runs */
      'manner': "invalidate" | "purge" | null;
      /** Why the last attempt did not end well */
      'problem': string | null;
      /** Purges that were given up after a day */
      'dead': number;
    };
  };
  /** Lists purges that were given up. */
  'dead': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'items': ({
        'id': string;
        'givenUpAt': string | null;
        'reason': string | null;
      })[];
    };
  };
  /** Looks at everything between Ghost and readers, and says what to do. */
  'doctor': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
  /** Says that the site changed: everywhere, or at these paths. */
  'purge': {
    access: 'write';
    input: {
      /** As in `X-Cache-Invalidate`; without any, everything */
      'paths'?: (string)[] | undefined;
    };
    output: {
      'id': string;
      'paths': "/*" | (string)[];
    };
  };
  /** Tries again what was given up. */
  'replay': {
    access: 'write';
    input: {
      /** These; without any, all */
      'ids'?: (string)[] | undefined;
    };
    output: {
      'replayed': (string)[];
    };
  };
}
