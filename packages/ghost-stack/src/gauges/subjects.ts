import type { Logger } from '@prosora/service';
import { domainIn } from '../settings/effective.ts';
import { listContainers } from '../stack/docker-socket.ts';
import { watchBusiness } from './business.ts';
import { type TaskNotes, watchCare } from './care.ts';
import { watchCertificates } from './certificates.ts';
import { watchDisks } from './disks.ts';
import type { Site } from './edge.ts';
import type { Subject } from './keep-gauges.ts';
import { watchPages } from './pages.ts';
import { watchParts } from './parts.ts';
import { watchQuestions } from './questions.ts';
import { watchRedis } from './redis.ts';
import { keepWantedParts } from './wanted-parts.ts';

/** What the subjects are found by. */
export interface Watched {
  project: string;
  /** The stack's folder, as it is seen here. */
  folder: string;
  /** A folder on the disk that Docker has its volumes on. */
  dataDir: string;
  /** What a setting says now; empty where nothing applies. */
  setting: (name: string) => string;
  tasks: () => TaskNotes;
  logger: Logger;
  signal: AbortSignal;
}

/** Everything that is looked at. */
export function subjectsOf(watched: Watched): Subject[] {
  const { project, folder, dataDir, setting, tasks, signal } = watched;
  const site = (): Site => {
    const domain = domainIn(setting);
    const adminDomain = setting('ADMIN_DOMAIN') || domain;
    return { domain, adminDomain, isTrusted: setting('CERTIFICATES') !== 'staging' };
  };
  const names = () => [...new Set([site().domain, site().adminDomain])];
  return [
    watchParts(project, keepWantedParts(folder), signal),
    watchRedis(project, () => setting('REDIS_URL') === ''),
    watchPages(project, () => setting('PAGES') !== 'off'),
    watchCare(folder, project, tasks),
    watchQuestions({ ...watched, site }),
    watchDisks({ docker: dataDir, stack: folder }),
    watchCertificates(names),
    watchBusiness(watched),
  ];
}

/** Whether anybody wants to read what is told: the scraper of the profile `watch` is there, if it does not run too. */
export async function isWatched(project: string, signal: AbortSignal): Promise<boolean> {
  return (await listContainers(project, signal)).has('metrics');
}
