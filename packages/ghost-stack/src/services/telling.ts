/**
 * The numbers of our services that a person wants to know when they are not zero, in words. All others are for
 * graphs.
 */
export const TELLING: Readonly<Record<string, (value: number) => string>> = {
  prosora_mail_oldest_pending_seconds: (seconds) => `mail waits for ${period(seconds)}`,
  prosora_mail_jobs_given_up: (count) => `${counted(count, 'mail')} given up`,
  prosora_mail_unknown_recipients: (count) => `${counted(count, 'mail')} of unknown fate`,
  prosora_mail_webhook_silence_seconds: (seconds) => `Resend is silent for ${period(seconds)}`,
  prosora_stripe_oldest_pending_seconds: (seconds) => `a payment waits for ${period(seconds)}`,
  prosora_stripe_held_events: (count) => `${counted(count, 'payment')} held for you`,
  prosora_stripe_breaker_open: () => 'Ghost takes nothing',
  prosora_stripe_sink_oldest_pending_seconds: (seconds) => `a sink waits for ${period(seconds)}`,
  prosora_spool_waiting_bytes: (bytes) => `${Math.ceil(bytes / 1024)} KB of views wait`,
  prosora_upstream_failing_seconds: (seconds) => `charts take nothing for ${period(seconds)}`,
  prosora_batches_set_aside: (count) => `${counted(count, 'batch', 'batches')} of views set aside`,
  prosora_cdn_oldest_change_seconds: (seconds) => `a change waits for ${period(seconds)}`,
  prosora_database_restarts: (count) =>
    `the database of charts restarted ${counted(count, 'time')}`,
  prosora_clock_step_seconds: (seconds) => `the clock jumped by ${period(Math.abs(seconds))}`,
};

/** `1 mail`, `2 mails`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `90` is `1 min`. */
export function period(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}
