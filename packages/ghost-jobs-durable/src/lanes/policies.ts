/** How jobs of a type are treated when something goes wrong. */
export interface Policy {
  /** Failures after which a job is a dead letter; an end of the process in its midst is one. */
  tries: number;
  /** A handler that rejects has used up what it works on. */
  rejectedIsDead?: true;
  /** A second one like it that waits takes the place of the first. */
  once?: true;
  /** How long after a boot those of the run before are held, for Ghost to take them up by itself. */
  holdAfterBootMs?: number;
  /** Fed by strangers, so that only so many may wait. */
  capped?: true;
}

/**
 * What each handler of Ghost 6.65 does when it runs twice or half; the README argues each line.
 *
 * A handler that rejects has not done its work; one that swallows its errors is done for us, whatever it logged.
 */
const policies: Record<string, Policy> = {
  // Rejects only when its status lock could not be had. Ghost's boot takes up what is pending by itself; delivered
  // before that, it would be found `submitting` and be sent beside itself.
  'send-email': { tries: 5, once: true, holdAfterBootMs: 120_000 },
  // Never rejects. Rows are upserts by address and begin at row 1 again, so only an end of the process counts.
  'members-import': { tries: 25 },
  // Removes its file also when it fails, so a second try has nothing to read. Rows that exist are skipped.
  'content-csv-import': { tries: 5, rejectedIsDead: true },
  // Takes what still points outside: a second run goes on where the first ended.
  'external-media-inliner': { tries: 3 },
  // Never rejects, and receives the same mention as an update.
  'process-webmention': { tries: 3, once: true, capped: true },
  // Receivers take a webmention that comes twice for one, which its standard demands.
  'send-webmentions': { tries: 3 },
  'update-check': { tries: 3, once: true },
  // One transaction, or one statement: all or nothing.
  'clean-tokens': { tries: 4, once: true },
  'clean-expired-comped': { tries: 4, once: true },
  // Each of their parts catches its own errors, and marks before it mails.
  'clean-gifts': { tries: 4, once: true },
  'send-gift-reminders': { tries: 4, once: true },
};

/** Ghost's contract: handlers must tolerate redelivery. */
const other: Policy = { tries: 4 };

export const policyOf = (type: string): Policy => policies[type] ?? other;

/** Waits of 30 s, 2 min, 8 min, 32 min, 2 h: what a handler cannot do now, it seldom can a second later. */
export const waitAfterFailureMs = (failures: number): number =>
  Math.min(2 * 3_600_000, 30_000 * 4 ** (failures - 1));
