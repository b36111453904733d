import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Finding, Gauge, Logger, Registry } from '@prosora/service';
import { channelsOf } from '../notify/channels.ts';
import { ping } from '../notify/ping.ts';
import { endForgotten, hear, isOpen, type OpenAlert, type OpenAlerts } from './open-alerts.ts';
import { takeAlerts } from './take-alerts.ts';
import { tellAlerts } from './tell-alerts.ts';
import { createWatchdog, WATCHDOG } from './watchdog.ts';

/** What the way of an alert to a person is made of. */
export interface AlertsOptions {
  /** One, or two joined by a comma while it changes; none takes nothing. */
  alertsToken: string | undefined;
  /** How long one has to be over until that is told, in milliseconds. */
  calmMs: number;
  /** How long nothing may be heard, in milliseconds. */
  silenceMs: number;
  alerts: () => OpenAlerts;
  /** Has them on disk when it returns. */
  keep: (alerts: OpenAlerts) => void;
  /** Whether alerts are looked for at all. */
  isWatched: () => Promise<boolean>;
  /** What `.env` says at this moment. */
  settings: () => Readonly<Record<string, string>>;
  metrics: Registry;
  logger: Logger;
}

/** The way of alerts while the service runs. */
export interface WatchedAlerts {
  /** For the private listener. */
  route: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  /** Tells people of what is new and what is over, and the dead-man's switch that all is heard. */
  look: () => Promise<void>;
  /** What is found of the way itself; nothing where nobody looks for alerts. */
  way: () => Finding[];
  /** Each that is open. */
  open: () => OpenAlert[];
}

/** Somebody tries to tell for so long, and nobody is reached. */
const STUCK_MS = 5 * 60_000;

/** Opens the way of alerts: from what Alertmanager posts to whom NOTIFY_ names. */
export function watchAlerts(options: AlertsOptions): WatchedAlerts {
  const {
    alertsToken: tokens = '',
    calmMs,
    silenceMs,
    alerts,
    keep,
    settings,
    metrics,
    logger,
  } = options;
  const watchdog = createWatchdog(metrics, silenceMs);
  let isWatched = false;
  let caredAtMs = Number.NEGATIVE_INFINITY;

  const isSilent = () => isWatched && watchdog.isSilent;
  return {
    route: takeAlerts(tokens.split(','), (posted) => {
      const isDog = ({ name }: { name: string }) => name === WATCHDOG;
      if (posted.some((alert) => isDog(alert) && alert.isFiring)) watchdog.hear();
      const others = posted.filter((alert) => !isDog(alert));
      if (others.length > 0) keep(hear(alerts(), others, new Date()));
    }),
    async look() {
      // An engine that does not answer changes nothing of it, and is no reason to tell nobody.
      isWatched = await options.isWatched().catch(() => isWatched);
      const now = new Date();
      const { DOMAIN, WATCH_PING_URL, ...others } = settings();
      const nowMs = performance.now();
      if (await isCareRunning(metrics)) caredAtMs = nowMs;
      const isCalm = nowMs - caredAtMs > calmMs;
      const holdsEnds = isSilent() || !isCalm || (await isBlind(metrics));
      const left = holdsEnds ? alerts() : endForgotten(alerts(), now);
      if (left !== alerts()) keep(left);
      const telling = { site: DOMAIN || 'the stack', channels: channelsOf(others), logger };
      await tellAlerts(alerts, keep, { now, calmMs, holdsEnds }, telling);
      const isStuck = Object.values(alerts()).some(
        (alert) =>
          isOpen(alert) && !alert.isTold && now.getTime() - Date.parse(alert.since) > STUCK_MS,
      );
      // Whoever waits for the ping is the last who can tell that nobody else is reached.
      if (WATCH_PING_URL && !isStuck) await watchdog.ping(WATCH_PING_URL, ping);
    },
    way: () => (isWatched ? [watchdog.finding()] : []),
    open: () => Object.values(alerts()).filter(isOpen),
  };
}

/** What the service itself reads for the rules too. */
async function valuesOf(metrics: Registry, name: string) {
  const gauge = metrics.getSingleMetric(name) as Gauge<'of'> | undefined;
  return (await gauge?.get())?.values ?? [];
}

const isCareRunning = async (metrics: Registry): Promise<boolean> =>
  (await valuesOf(metrics, 'prosora_care_running'))[0]?.value === 1;

/** What most rules judge by; without it an alert is over because nothing is known any more. */
const JUDGED_BY = ['parts', 'questions', 'disks'];

const isBlind = async (metrics: Registry): Promise<boolean> =>
  (await valuesOf(metrics, 'prosora_reading_up')).some(
    ({ labels, value }) => value === 0 && JUDGED_BY.includes(String(labels.of)),
  );
