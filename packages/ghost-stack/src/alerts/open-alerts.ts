/** What was found and has to be told, or was. */
export interface OpenAlert {
  name: string;
  /** `page` wakes somebody, `note` waits for the day. */
  severity: string;
  /** What is so, in one sentence. */
  summary: string;
  /** What shows more. */
  command: string;
  /** The page that says what to do. */
  runbook: string;
  /** ISO times: since when it is so, when that was said last, and when it was over. */
  since: string;
  heardAt: string;
  endedAt?: string | undefined;
  isTold: boolean;
}

/** By the fingerprint that Alertmanager gives to the labels of each. */
export type OpenAlerts = Readonly<Record<string, OpenAlert>>;

/** What was posted of one. */
export type PostedAlert = Omit<OpenAlert, 'heardAt' | 'endedAt' | 'isTold'> & {
  fingerprint: string;
  isFiring: boolean;
};

/** Whether it is still so. */
export const isOpen = ({ endedAt }: OpenAlert): boolean => endedAt === undefined;

/** It is named every five minutes while it is so: alertmanager.yml. */
const FORGOTTEN_MS = 30 * 60_000;

/** Adds what was posted. One that is back before its end was told was never away. */
export function hear(alerts: OpenAlerts, posted: readonly PostedAlert[], now: Date): OpenAlerts {
  const next = { ...alerts };
  const at = now.toISOString();
  for (const { fingerprint, isFiring, ...alert } of posted) {
    const known = next[fingerprint];
    if (isFiring) {
      const { since = alert.since, isTold = false } = known ?? {};
      next[fingerprint] = { ...alert, since, heardAt: at, isTold };
    } else if (known) next[fingerprint] = { ...known, endedAt: known.endedAt ?? at };
  }
  return next;
}

/** Ends those that have not been named for long: their end was lost, or another alert stands for them. */
export function endForgotten(alerts: OpenAlerts, now: Date): OpenAlerts {
  const isForgotten = (alert: OpenAlert) =>
    isOpen(alert) && now.getTime() - Date.parse(alert.heardAt) > FORGOTTEN_MS;
  const ended = Object.entries(alerts).filter(([, alert]) => isForgotten(alert));
  if (ended.length === 0) return alerts;
  const endedAt = now.toISOString();
  return {
    ...alerts,
    ...Object.fromEntries(ended.map(([id, alert]) => [id, { ...alert, endedAt }])),
  };
}
