import type { operations } from '../services/api/ops.ts';
import type { OutputOf } from '../services/client.ts';
import type { Services } from '../services/services.ts';

/** The service that looks after the stack. */
export type Ops = NonNullable<Services['ops']>;

/** A drill of which the report is kept. */
export type Drill = OutputOf<operations['drills']>['items'][number];

/** An update as the history has it. */
export type Update = OutputOf<operations['updates']>['items'][number];

/** `ops` looks for these by a command, which takes seconds. */
export const PATIENT = { timeoutMs: 60_000 };
