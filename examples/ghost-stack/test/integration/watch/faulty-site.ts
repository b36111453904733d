import type { Numbers } from './ordinary-site.ts';

/** What becomes of the numbers: `sinceS` after the fault began, which was `atS`. */
type Fault = (numbers: Numbers, sinceS: number, atS: number) => Numbers;

const set =
  (
    name: string,
    value: number | ((sinceS: number, before: number, atS: number) => number),
  ): Fault =>
  (numbers, sinceS, atS) => {
    const before = numbers.get(name) ?? 0;
    return numbers.set(name, typeof value === 'number' ? value : value(sinceS, before, atS));
  };
const EVERY_S = 15;
const counted = (name: string, perSecond: number): Fault =>
  set(name, (sinceS, before) => before + sinceS * perSecond);

/** By the alert that it leads to. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  SiteDown: set('prosora_question_up{question="front"}', 0),
  PartDown: set('prosora_part_up{part="ghost"}', 0),
  RestartLoop: set('prosora_part_restarts_total{part="mail"}', (sinceS) => Math.floor(sinceS / 60)),
  MemoryKill: set('prosora_part_memory_kills_total{part="engine"}', 1),
  ServiceDown: set('up{job="mail"}', 0),
  ClockOff: set('prosora_clock_step_seconds{job="mail"}', 3_600),
  DiskFull: set('prosora_disk_free_bytes{disk="docker"}', 1e9),
  CertificateEnds: (numbers, sinceS, atS) => {
    const name = '{name="blog.example.com"}';
    set(`prosora_certificate_begin_seconds${name}`, atS - 81 * 86_400)(numbers, sinceS, atS);
    return set(`prosora_certificate_end_seconds${name}`, atS + 9 * 86_400)(numbers, sinceS, atS);
  },
  DatabaseDown: set('mysql_up{job="db-metrics"}', 0),
  BackupTooOld: set('prosora_backup_newest_seconds', (_, __, atS) => atS - 3 * 86_400),
  UpdateFailed: set('prosora_update_failed', 1),
  MailWaits: set('prosora_mail_oldest_pending_seconds{job="mail"}', (sinceS) => sinceS),
  MailRefused: counted(
    'prosora_mail_resend_mails_total{job="mail",verdict="blocked"}',
    1 / EVERY_S,
  ),
  WebhookSilence: set('prosora_mail_webhook_silence_seconds{job="mail"}', (sinceS) => sinceS),
  PaymentsWait: set('prosora_stripe_oldest_pending_seconds{job="webhooks"}', (sinceS) => sinceS),
  HitsWait: set('prosora_upstream_failing_seconds{job="analytics"}', (sinceS) => sinceS),
  DeadLetters: set('prosora_mail_jobs_given_up{job="mail",state="dead"}', 1),
  ErrorRate: counted(
    'caddy_http_request_duration_seconds_count{server="srv3",handler="reverse_proxy",method="GET",code="502"}',
    0.2,
  ),
  Slow: (numbers, sinceS, atS) => {
    const labels = 'server="srv3",handler="reverse_proxy",method="GET",code="200"';
    const by = 0.2;
    counted(`caddy_http_request_duration_seconds_bucket{${labels},le="10"}`, by)(
      numbers,
      sinceS,
      atS,
    );
    counted(`caddy_http_request_duration_seconds_bucket{${labels},le="+Inf"}`, by)(
      numbers,
      sinceS,
      atS,
    );
    return counted(`caddy_http_request_duration_seconds_count{${labels}}`, by)(
      numbers,
      sinceS,
      atS,
    );
  },
};
