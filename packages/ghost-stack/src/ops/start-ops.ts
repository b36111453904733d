import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  createMetrics,
  type Logger,
  type OptionValues,
  serveOperations,
  startPrivateListener,
  tryOperatorTokens,
} from '@prosora/service';
import { type WatchedAlerts, watchAlerts } from '../alerts/watch-alerts.ts';
import { keepGauges } from '../gauges/keep-gauges.ts';
import { watchLogs } from '../gauges/logs.ts';
import { isWatched, subjectsOf } from '../gauges/subjects.ts';
import { keepWantedParts } from '../gauges/wanted-parts.ts';
import { hiderOf } from '../logs/hide.ts';
import { keepLogs, LOOK_MS as LINES_MS } from '../logs/keep-logs.ts';
import { channelsOf } from '../notify/channels.ts';
import { ping } from '../notify/ping.ts';
import type { opsOptions } from '../options.ts';
import { readNotes } from '../repository/notes.ts';
import { isRemote } from '../repository/place.ts';
import { opsOperations } from '../services/ops-operations.ts';
import { effectiveSettings } from '../settings/effective.ts';
import { openEngine } from '../stack/docker-socket.ts';
import { doWhatIsDue } from './do-what-is-due.ts';
import { keepEdgeHour, SAMPLE_MS } from './edge-hour.ts';
import { createHandlers } from './handlers.ts';
import { FOLDER, findHome } from './home.ts';
import { type KeptNotes, openNotes } from './job-notes.ts';
import { lookAtParts } from './parts.ts';
import { askCommand, removeEnded, runJob } from './run-job.ts';
import { findingsOf, tellPeople } from './tell-people.ts';
import { BACKUP, jobsOf, MINUTES } from './timetable.ts';

const LOOK_MS = 1_000;
const TELL_MS = 5_000;
/** For whoever is at it to end, and for an engine to come back. */
const PATIENCE_MS = 30_000;
const ENGINE_MS = 3_000;
const MB = 1e6;
/** What `setup` made for the services alone; they hide it too. */
const GENERATED = '/generated';

/**
 * Runs the service: what is due, one after the other, each by a container of the command, and its operator API.
 *
 * @returns what stops it; a run that is under way goes on, and the next start hears how it ended
 * @throws ProsoraError `LISTEN_FAILED`, `DOCKER`
 */
export async function startOps(
  options: OptionValues<typeof opsOptions>,
  logger: Logger,
): Promise<() => Promise<void>> {
  const home = await findHome();
  const place = settingsNow()['BACKUP_REPOSITORY'] ?? '';
  const { backupEvery = isRemote(place) ? '15' : '1' } = options;
  const jobs = jobsOf({ ...options, backupEvery });
  const notes = openNotes(options.dataDir, jobs, new Date());
  await removeEnded(home, notes.now.running);
  const shown = { metrics: createMetrics('ops'), checks: { engine: askEngine } };
  const hasPeople = () => channelsOf(settingsNow()).length > 0;
  const edge = keepEdgeHour();
  const { project } = home;
  const isRead = (limit: AbortSignal) => isWatched(project, limit);
  const alerts = watchAlerts({
    ...options,
    alerts: () => notes.now.alerts ?? {},
    keep: (alerts) => notes.change({ alerts }),
    isWatched: () => isRead(AbortSignal.timeout(ENGINE_MS)),
    settings: settingsNow,
    metrics: shown.metrics,
    logger,
  });
  const hider = () => hiderOf(FOLDER, generatedSecrets());
  const logs = keepLogs({
    project,
    folder: options.logsDir,
    days: options.logDays,
    bytes: options.logMb * MB,
    isOn: (services) => services.includes('metrics'),
    hider,
    logger,
  });
  const wantedParts = keepWantedParts(FOLDER);
  const asked = {
    ask: (words: readonly string[]) => askCommand(home, words),
    parts: async () => await lookAtParts(project, await wantedParts()),
  };
  const known = { jobs, notes, hasPeople, edge, alerts, logs, hider };
  const handlers = createHandlers({ ...asked, ...known, ...shown });
  const tokens = tryOperatorTokens(options, logger);
  const operator =
    tokens && serveOperations({ operations: opsOperations, handlers, tokens, logger });
  const listener = await startPrivateListener({
    ...shown,
    host: options.privateHost,
    port: options.privatePort,
    routes: async (request, response) =>
      (await alerts.route(request, response)) || (await operator?.(request, response)) || false,
    onError: (error) => logger.error({ event: 'private.failed', err: error }, 'a request failed'),
  });

  const care = async (): Promise<void> => {
    // Before the first backup there is nothing to go on from.
    const { newest } = readNotes(FOLDER);
    const known = newest ? jobs : jobs.filter(({ name }) => name !== MINUTES);
    const done = await doWhatIsDue(known, notes, (run, job) => runJob(home, run, job));
    if (!done) return;
    await removeEnded(home, undefined);
    const { job } = done;
    if ('isBusy' in done) await wait(PATIENCE_MS);
    else if (done.failure) {
      logger.error({ event: 'job.failed', job, reason: done.failure }, 'a job failed');
    } else {
      const level = job === MINUTES ? 'debug' : 'info';
      logger[level]({ event: 'job.done', job }, 'a job is done');
      const { NOTIFY_PING_URL: pingUrl } = settingsNow();
      if (pingUrl && job === BACKUP) await ping(pingUrl);
    }
  };
  const stopped = new AbortController();
  const repeat = async (everyMs: number, work: () => Promise<void>): Promise<void> => {
    const { signal } = stopped;
    while (!signal.aborted) {
      const pauseMs = await work().then(
        () => everyMs,
        (error) => {
          if (!signal.aborted) logger.error({ event: 'work.failed', err: error }, 'a work failed');
          return PATIENCE_MS;
        },
      );
      await wait(pauseMs, undefined, { signal }).catch(() => {});
    }
  };
  void repeat(LOOK_MS, care);
  void repeat(SAMPLE_MS, edge.sample);
  void repeat(TELL_MS, () => tell(notes, alerts, logger));
  void repeat(TELL_MS, alerts.look);
  void repeat(LINES_MS, logs.look);
  const { signal } = stopped;
  const setting = (name: string) => settingsNow()[name] ?? '';
  const { dataDir, scrapeMs } = options;
  const tasks = () => notes.now;
  const watched = { project, folder: FOLDER, dataDir, setting, tasks, logger, signal };
  keepGauges(shown.metrics, {
    subjects: [...subjectsOf(watched), watchLogs(logs)],
    isRead,
    scrapeMs,
    logger,
    signal,
  });
  return async () => {
    stopped.abort();
    await Promise.all([listener.close(), logs.stop()]);
  };
}

async function tell(notes: KeptNotes, alerts: WatchedAlerts, logger: Logger): Promise<void> {
  const settings = settingsNow();
  const findings = [...findingsOf(notes.now, readNotes(FOLDER), new Date()), ...alerts.way()];
  const site = settings['DOMAIN'] || 'the stack';
  const before = notes.now.told;
  const told = await tellPeople(findings, before, { site, channels: channelsOf(settings), logger });
  if (Object.keys(told).join() !== Object.keys(before).join()) notes.change({ told });
}

/** Those of one line, as they are now. */
function generatedSecrets(): string[] {
  if (!existsSync(GENERATED)) return [];
  const files = readdirSync(GENERATED, { withFileTypes: true }).filter((file) => file.isFile());
  const texts = files.map(({ name }) => readFileSync(join(GENERATED, name), 'utf8').trim());
  return texts.filter((text) => !text.includes('\n'));
}

/** What `.env` says at this moment, so that a change of who is told needs no restart. */
function settingsNow(): Record<string, string> {
  const settings = effectiveSettings(FOLDER, {});
  return Object.fromEntries([...settings].map(([name, { value }]) => [name, value]));
}

/** @throws Error when Docker's engine does not answer */
async function askEngine(): Promise<void> {
  (await openEngine('/_ping', AbortSignal.timeout(ENGINE_MS))).resume();
}
