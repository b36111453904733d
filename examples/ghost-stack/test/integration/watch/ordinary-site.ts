import { seededRandom } from '@prosora/service/testing';

/** The value of each series at one moment, by its name and labels; what is missing is not told. */
export type Numbers = Map<string, number>;

/** How often they are read. */
export const EVERY_S = 15;
export const DAY_S = 86_400;

const HOUR = 3_600;
const MINUTE = 60;
/** Caddy's own: https://caddyserver.com/docs/metrics */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PARTS = [
  'caddy',
  'ghost',
  'db',
  'redis',
  'pages',
  'mail',
  'webhooks',
  'analytics',
  'engine',
  'ops',
];
const SCRAPED = [
  'caddy',
  'mail',
  'webhooks',
  'analytics',
  'engine',
  'ops',
  'db-metrics',
  'metrics',
  'rules',
  'alerts',
];
const QUESTIONS = ['front', 'admin', 'picture', 'tracker', 'mail_webhook', 'payment_webhook'];
const SERVERS = { srv1: 'subroute', srv3: 'reverse_proxy' } as const;

/**
 * What a site of some thousand readers shows from day to day: waves of readers and quiet nights, a backup each night,
 * a drill and an update each week, two newsletters, and all that comes and goes by itself: slow answers, errors, a part
 * that ends once, a scrape that fails, mail that waits five minutes.
 *
 * @param startS a midnight, in seconds since 1970
 * @returns what is shown at the next moment, by the same order of chance for a seed
 */
export function ordinarySite(seed: number, startS: number): (atS: number) => Numbers {
  const random = seededRandom(seed);
  const counted = new Map<string, number>();
  const count = (name: string, by: number) => counted.set(name, (counted.get(name) ?? 0) + by);
  const restarts = new Map(PARTS.map((part) => [part, 0]));
  const mark = { crashAt: -HOUR, crashed: 'ghost', pendingFrom: -HOUR, hiccupAt: -HOUR };
  let free = 22e9;

  return (atS) => {
    const sinceS = atS - startS;
    const day = Math.floor(sinceS / DAY_S);
    const time = sinceS % DAY_S;
    const isBetween = (from: number, minutes: number) =>
      time >= from && time < from + minutes * MINUTE;
    const isBackup = isBetween(3.25 * HOUR, 12);
    const isDrill = day % 7 === 6 && isBetween(4.75 * HOUR, 20);
    const isUpdate = day % 7 === 1 && isBetween(4.25 * HOUR, 25);
    const isByHand = day % 5 === 2 && isBetween(15 * HOUR, 3);
    const isSwap = (isUpdate && isBetween(4.5 * HOUR, 3)) || isByHand;
    const isOpsSwap = isSwap && time % HOUR < 45 + (isUpdate ? HOUR / 2 : 0);
    const isNewsletter = [1, 4].includes(day % 7) && isBetween(10 * HOUR, 6);
    const isRush = [1, 4].includes(day % 7) && isBetween(10 * HOUR, 45);
    const numbers: Numbers = new Map();
    const show = (name: string, value: number) => numbers.set(name, value);

    // One part ends once in three days, at any time, and is back within a minute.
    if (random() < EVERY_S / (3 * DAY_S)) {
      mark.crashAt = atS;
      mark.crashed = PARTS[Math.floor(random() * PARTS.length)] ?? 'ghost';
      restarts.set(mark.crashed, (restarts.get(mark.crashed) ?? 0) + 1);
    }
    const isAway = (part: string) =>
      (part === mark.crashed && atS - mark.crashAt < MINUTE) ||
      (isSwap && ['ghost', 'mail', 'webhooks', 'db', 'caddy'].includes(part)) ||
      (isOpsSwap && part === 'ops');
    if (isSwap) for (const part of PARTS) restarts.set(part, 0);

    // Readers.
    const wave = 0.02 + 1.2 * Math.max(0, Math.sin(((time / HOUR - 6) / 16) * Math.PI)) ** 2;
    const perSecond = wave * (isRush ? 6 : 1) * (0.6 + 0.8 * random());
    if (random() < EVERY_S / (6 * HOUR)) mark.hiccupAt = atS;
    // A garbage collection, or a query that locks, for some seconds.
    const isHiccup = atS - mark.hiccupAt < 30;
    for (const [server, handler] of Object.entries(SERVERS)) {
      const requests = Math.round(perSecond * EVERY_S * (handler === 'subroute' ? 1 : 0.3));
      const labels = `server="${server}",handler="${handler}",method="GET"`;
      for (let left = requests; left > 0; left -= 1) {
        const usual = (handler === 'subroute' ? 0.02 : 0.12) * -Math.log(1 - random());
        const isSlow = random() < (isHiccup ? 0.3 : 0.002) || (isBackup && random() < 0.02);
        const took = usual * (isSlow ? 20 : 1);
        const isError = (isAway('ghost') && random() < 0.2) || random() < 0.002;
        const code = isError ? 502 : random() < 0.05 ? 404 : 200;
        for (const bound of BOUNDS.filter((bound) => took <= bound)) {
          count(
            `caddy_http_request_duration_seconds_bucket{${labels},code="${code}",le="${bound}"}`,
            1,
          );
        }
        count(`caddy_http_request_duration_seconds_bucket{${labels},code="${code}",le="+Inf"}`, 1);
        count(`caddy_http_request_duration_seconds_count{${labels},code="${code}"}`, 1);
      }
    }

    // Mail, payments and page views.
    count('prosora_mail_resend_mails_total{job="mail",verdict="accepted"}', isNewsletter ? 200 : 0);
    for (const verdict of ['locked', 'quota', 'blocked', 'paced']) {
      count(
        `prosora_mail_resend_mails_total{job="mail",verdict="${verdict}"}`,
        isNewsletter && verdict === 'paced' ? 2 : 0,
      );
    }
    if (isBetween(19 * HOUR, 1)) mark.pendingFrom = atS;
    const waited = atS - mark.pendingFrom;
    const pending = isNewsletter ? 30 + 100 * random() : waited < 5 * MINUTE ? waited : 0;
    show('prosora_mail_oldest_pending_seconds{job="mail"}', pending);
    show('prosora_mail_webhook_silence_seconds{job="mail"}', 0);
    show('prosora_mail_webhook_skew_seconds{job="mail"}', 0);
    show('prosora_mail_jobs_given_up{job="mail",state="dead"}', 0);
    show('prosora_stripe_oldest_pending_seconds{job="webhooks"}', isSwap ? 90 : 3 * random());
    show('prosora_stripe_jobs{job="webhooks",state="delayed"}', Math.round(random()));
    show('prosora_stripe_jobs{job="webhooks",state="dead"}', 0);
    show('prosora_upstream_failing_seconds{job="analytics"}', isAway('engine') ? 45 : 0);
    count(
      'prosora_hits_sent_total{job="analytics",outcome="accepted"}',
      Math.round(perSecond * 10),
    );
    count('prosora_hits_sent_total{job="analytics",outcome="dead"}', 0);
    for (const job of ['mail', 'webhooks', 'analytics', 'engine']) {
      show(`prosora_clock_step_seconds{job="${job}"}`, 0);
    }

    // What the machine has.
    const night = startS + day * DAY_S + 3.25 * HOUR;
    free -= 2_000 * EVERY_S * random();
    if (isBackup) free -= 4e6 * EVERY_S;
    if (isBetween(3.5 * HOUR, 10)) free += 4.4e6 * EVERY_S;
    if (isUpdate && isBetween(4.25 * HOUR, 8)) free -= 7e6 * EVERY_S;
    if (day % 7 === 2 && isBetween(4.25 * HOUR, 8)) free += 7e6 * EVERY_S;
    show('prosora_disk_bytes{disk="docker"}', 40e9);
    show('prosora_disk_free_bytes{disk="docker"}', free);
    const renewed = Math.floor((day + 40) / 60) * 60 - 40;
    const issued = startS + renewed * DAY_S;
    show('prosora_certificate_begin_seconds{name="blog.example.com"}', issued);
    show('prosora_certificate_end_seconds{name="blog.example.com"}', issued + 90 * DAY_S);
    const newest = time > 3.5 * HOUR ? night : night - DAY_S;
    show('prosora_backup_first_seconds', startS - 90 * DAY_S);
    show('prosora_backup_newest_seconds', newest);
    show('prosora_backup_proven_seconds', startS + (Math.floor((day + 1) / 7) * 7 - 1) * DAY_S);
    show('prosora_update_failed', 0);
    show('prosora_task_failed{task="update"}', 0);
    show('mysql_up{job="db-metrics"}', isAway('db') ? 0 : 1);
    show('mysql_global_variables_read_only{job="db-metrics"}', 0);

    // What `ops` sees, unless it is away itself; and now and then a look fails.
    const isSeen = !isAway('ops') && random() > 0.002;
    if (isSeen) show('prosora_care_running', isDrill || isUpdate || isByHand ? 1 : 0);
    for (const part of isSeen ? PARTS : []) {
      show(`prosora_part_up{part="${part}"}`, isAway(part) ? 0 : 1);
      show(`prosora_part_restarts_total{part="${part}"}`, restarts.get(part) ?? 0);
      show(`prosora_part_memory_kills_total{part="${part}"}`, 0);
    }
    for (const question of isSeen ? QUESTIONS : []) {
      const isMissed = isAway('caddy') || (question !== 'front' && isAway('ghost'));
      show(`prosora_question_up{question="${question}"}`, isMissed || random() < 0.001 ? 0 : 1);
    }
    for (const job of SCRAPED) {
      show(`up{job="${job}"}`, isAway(job) || random() < 0.001 ? 0 : 1);
    }
    return new Map([...numbers, ...counted]);
  };
}
