import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CA, WAY, wayTo } from '../backup/database-elsewhere.ts';
import { compose, docker } from '../stack/compose.ts';
import { runIn } from '../stack/docker-socket.ts';
import type { Readings, Subject } from './keep-gauges.ts';

const SINCE = 'UTC_TIMESTAMP() - INTERVAL 30 DAY';

/**
 * Ghost's own rules, so that these are the figures of Ghost Admin; in its core/server/services/stats: `getCount` of
 * members-stats-service.js, `getCurrentMrr` of mrr-stats-service.js, signups and cancellations of
 * subscription-stats-service.js, and of posts-stats-service.js that a newsletter is read from `emails`. Each prints the
 * metric, the value of its label, and its own.
 */
const STATEMENTS = `
SELECT 'prosora_members', status, COUNT(id) FROM members GROUP BY status;
SELECT 'prosora_mrr_minor_units', plan_currency, SUM(mrr) FROM members_stripe_customers_subscriptions
  GROUP BY plan_currency;
SELECT 'prosora_subscriptions_gained_30d', '', COUNT(*) FROM members_paid_subscription_events
  WHERE created_at >= ${SINCE} AND (type IN ('created', 'reactivated', 'active') AND mrr_delta != 0
    OR type = 'updated' AND from_plan = to_plan AND mrr_delta > 0);
SELECT 'prosora_subscriptions_lost_30d', '', COUNT(*) FROM members_paid_subscription_events
  WHERE created_at >= ${SINCE} AND type IN ('canceled', 'expired', 'inactive') AND mrr_delta != 0;
${Object.entries({
  prosora_newsletters_sent_30d: 'COUNT(*)',
  prosora_newsletter_recipients_30d: 'COALESCE(SUM(email_count), 0)',
  prosora_newsletter_delivered_30d: 'COALESCE(SUM(delivered_count), 0)',
  prosora_newsletter_failed_30d: 'COALESCE(SUM(failed_count), 0)',
  prosora_newsletter_opens_30d: 'COALESCE(SUM(opened_count), 0)',
})
  .map(
    ([name, value]) =>
      `SELECT '${name}', '', ${value} FROM emails WHERE status = 'submitted' AND submitted_at >= ${SINCE};`,
  )
  .join('\n')}`;

/** As the user that may read and no more. */
const SCRIPT =
  'export MYSQL_PWD="$(cat /run/secrets/db_backup_password)"; exec timeout 20 mysql -u backup -N -B ghost -e "$1"';

/** The way there comes by the standard input, so that no description of the container shows its password. */
const SCRIPT_ELSEWHERE = `cat > ${WAY}; printf %s "$3" > ${CA}; exec timeout 20 mysql --defaults-file=${WAY} -N -B "$2" -e "$1"`;

/** A status that no member has is 0, as Ghost says it. */
const STATUSES = ['free', 'paid', 'comped', 'gift'] as const;

/** Rows of the statements, tab-separated. */
export function readRows(printed: string): Readings {
  const members = new Map<string, number>(STATUSES.map((status) => [status, 0]));
  const mrr = new Map<string, number>();
  const single: Record<string, number> = {};
  for (const line of printed.split('\n')) {
    const [name = '', label = '', value] = line.split('\t');
    if (name === 'prosora_members') members.set(label, Number(value));
    else if (name === 'prosora_mrr_minor_units') mrr.set(label, Number(value));
    else if (value !== undefined) single[name] = Number(value);
  }
  // As Ghost has it, so that there is always one.
  if (mrr.size === 0) mrr.set('usd', 0);
  return {
    ...single,
    prosora_members: ['status', members],
    prosora_mrr_minor_units: ['currency', mrr],
  };
}

/** Where Ghost's database is. */
export interface BusinessPlace {
  project: string;
  /** The stack's folder, as it is seen here. */
  folder: string;
  setting: (name: string) => string;
}

/** What the site lives on. */
export function watchBusiness(place: BusinessPlace): Subject {
  const { project, setting } = place;
  return {
    of: 'business',
    scrapes: 60,
    read: async (signal) =>
      readRows(
        setting('DATABASE_URL') === ''
          ? await runIn(project, 'db', SCRIPT, signal, STATEMENTS)
          : await askElsewhere(place, signal),
      ),
  };
}

/** By MySQL's own client, on the network by which Ghost goes there; it is there once a backup has fetched it. */
async function askElsewhere(place: BusinessPlace, signal: AbortSignal): Promise<string> {
  const { project, folder, setting } = place;
  const url = new URL(setting('DATABASE_URL'));
  const file = setting('DATABASE_CA');
  const ca = file === '' ? '' : readFileSync(resolve(folder, file), 'utf8');
  const image = await compose(folder, ['--profile', 'tools', 'config', '--images', 'db-tools']);
  const words = [
    ...['run', '--rm', '--interactive', '--init', '--network', `${project}_egress`],
    ...['--user', '0:0', '--read-only', '--tmpfs', '/run', '--cap-drop', 'ALL', '--memory', '64m'],
    ...[
      '--pull',
      'never',
      image.trim(),
      'sh',
      '-c',
      SCRIPT_ELSEWHERE,
      'sh',
      STATEMENTS,
      url.pathname.slice(1),
      ca,
    ],
  ];
  return await docker(folder, words, { input: wayTo(url, file !== ''), signal });
}
