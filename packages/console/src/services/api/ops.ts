// Made from packages/ghost-stack/openapi.json by `npm run docs`; do not edit.

import type { Finding, Numbers, PageInput } from './every-service.ts';

export interface operations {
  /** Says what was done last, what runs and what is next, and what is known of the backups. */
  'status': {
    access: 'read';
    input: Record<string, never>;
    output: Numbers & {
      'jobs': ({
        'name': string;
        /** Of the last run */
        'endedAt': string | null;
        /** Why that failed; null when it did not */
        'failure': string | null;
        /** By the timetable; null for never */
        'nextAt': string | null;
      })[];
      'running': {
        'job': string;
        'since': string;
      } | null;
      'backups': {
        'newest'?: {
          'run': string;
          'at': string;
        } | undefined;
        /** By a drill */
        'proven'?: {
          'run': string;
          'at': string;
        } | undefined;
      };
    };
  };
  /** Says what the service finds of its jobs, and whether anybody is told. */
  'doctor': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
  /** Examines the whole stack, as `prosora doctor` does. */
  'examine': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'findings': (Finding)[];
    };
  };
  /** Lists the alerts that are open. */
  'alerts': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'items': ({
        'name': string;
        /** page wakes somebody, note waits for the day */
        'severity': string;
        'summary': string;
        /** What shows more */
        'command': string;
        /** The page that says what to do */
        'runbook': string;
        'since': string;
        /** Whether it reached anybody */
        'isTold': boolean;
      })[];
    };
  };
  /** Says what came to the edge in the hour that is over. */
  'edge': {
    access: 'read';
    input: Record<string, never>;
    output: {
      /** null while too little is known */
      'past': {
        'requests': number;
        /** Answered with 500 or more */
        'errors': number;
        /** How many took at most so many seconds, by that bound in Caddy’s words */
        'within': Record<string, number>;
        /** Of all that came to the sites, whoever answered it */
        'readers'?: {
          'requests': number;
          /** Answered with 500 or more */
          'errors': number;
        } | undefined;
      } | null;
    };
  };
  /** Lists the backups that are whole, oldest first. */
  'backups': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'items': ({
        'run': string;
        /** Higher than that of every earlier one */
        'number': number;
        'takenAt': string;
        'isProven': boolean;
        'isDoubtful': boolean;
      })[];
    };
  };
  /** Lists what drills found, the newest first, as `prosora drill list` does. */
  'drills': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'items': ({
        /** The backup that was restored */
        'run': string;
        'beganAt': string;
        'endedAt': string;
        'isProven': boolean;
        'findings': (Finding)[];
      })[];
    };
  };
  /** Lists the updates and how each went, the newest first, as `prosora history` does. */
  'updates': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'items': ({
        'number': number;
        'beganAt': string;
        'endedAt': string | null;
        /** How far it came */
        'step': string;
        /** In place, the former images are back, or the site was not touched */
        'outcome': "taken" | "undone" | "refused" | null;
        /** Why it did not end well */
        'reason': string | null;
        'changes': ({
          'services': (string)[];
          'from': string;
          'to': string;
        })[];
        /** The one that it may go back to */
        'backup': string | null;
        'rehearsal': {
          /** How long the new Ghost took until it answered */
          'bootMs': number;
          /** Whether it changes the database */
          'migrates': boolean;
          'findings': (Finding)[];
        } | null;
        /** What the edge counted afterwards */
        'watched': {
          'requests': number;
          'errors': number;
        } | null;
        /** As `prosora history` says it */
        'words': (string)[];
      })[];
    };
  };
  /** Says of every part that the stack should have how it is. */
  'parts': {
    access: 'read';
    input: Record<string, never>;
    output: {
      'items': ({
        'part': string;
        'isWell': boolean;
        /** In Docker’s words */
        'state': string;
      })[];
    };
  };
  /** Lists what Ghost has to do and what it gave up, as `prosora jobs` does. */
  'jobs': {
    access: 'read';
    input: PageInput & {
      /** Only in this one; without it what is not over, and dead letters */
      'state'?: string | undefined;
      /** Only of this one */
      'queue'?: string | undefined;
    };
    output: {
      'queues': ({
        'queue': string;
        /** How many jobs are in each state */
        'counts': Record<string, number>;
        /** How long the oldest that is due has waited */
        'oldestSeconds': number;
      })[];
      'items': ({
        'queue': string;
        'id': string;
        'state': string;
        /** When it may run, or when its lease ends */
        'dueAt': string | null;
        'settledAt': string | null;
        'failures': number;
        /** The last one that was given */
        'reason': string | null;
      })[];
      'next': string | null;
    };
  };
  /** Says where media are, what is used and what failed, as `prosora media` does. */
  'media': {
    access: 'read';
    input: {
      /** Has the adapter’s doctor look too, which uploads three small files */
      'examine'?: string | undefined;
    };
    output: {
      /** MEDIA: cloudinary, s3 or local */
      'kind': string;
      /** null without Cloudinary */
      'usage': {
        'cloudName': string;
        'plan': string;
        /** The day that the numbers are of */
        'updatedAt': string | null;
        /** Used and in the plan */
        'credits': {
          'usage'?: number | undefined;
          'limit'?: number | undefined;
        } | null;
        'storageBytes': number | null;
        /** In 30 days */
        'bandwidthBytes': number | null;
        /** In 30 days */
        'transformations': number | null;
        'originals': number | null;
      } | null;
      /** Of the adapter’s doctor, where it was asked for */
      'findings': (Finding)[];
      /** What failed, as far as Ghost’s log is kept, the newest first */
      'failures': ({
        'at': string;
        /** That of the adapter */
        'code': string;
      })[];
    };
  };
  /** Shows what a service said around a moment, as `prosora logs --around` does. */
  'logs': {
    access: 'read';
    input: {
      'service': string;
      /** The moment */
      'at': string;
      /** So many before it and after it */
      'minutes'?: number | undefined;
      /** Lines with this text alone */
      'match'?: string | undefined;
      /** That and what is worse */
      'level'?: "debug" | "info" | "warn" | "error" | undefined;
      /** How many at most: those that are nearest to the moment */
      'limit'?: number | undefined;
    };
    output: {
      'items': ({
        'service': string;
        /** With nanoseconds */
        'time': string;
        'level': "debug" | "info" | "warn" | "error";
        /** 4 KB of it at most */
        'text': string;
      })[];
    };
  };
  /** Has a backup taken; `status` says how it went. */
  'backup': {
    access: 'write';
    input: Record<string, never>;
    output: {
      /** False while another run has to end */
      'isNext': boolean;
    };
  };
  /** Has the newest backup restored where nobody sees it; `status` says how it went. */
  'drill': {
    access: 'write';
    input: Record<string, never>;
    output: {
      /** False while another run has to end */
      'isNext': boolean;
    };
  };
}
