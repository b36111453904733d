import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@prosora/service';
import type { Connection } from '../database/connection.ts';
import { type Project, readProject } from '../datafiles/project.ts';
import { EngineError } from '../errors.ts';
import { deploy } from './deploy.ts';

/** Folder in the data directory with the datafiles that are served. */
export const SERVED_FOLDER = 'datafiles';
/** The ones before the last upgrade: point `PROSORA_ENGINE_DATAFILES` here to go back. */
export const FORMER_FOLDER = 'datafiles.before';

/** With these no other datafiles would be served either. */
const IS_OF_DATABASE: ReadonlySet<string> = new Set([
  'DATABASE_UNAVAILABLE',
  'DATABASE_START_FAILED',
]);

/** The project that the database holds. */
export interface ServedProject {
  readonly project: Project;
  /** Why the datafiles that the options name are not the ones served; undefined when they are. */
  readonly refusal: string | undefined;
}

/** What {@link deployBest} needs. */
export interface DeployBestOptions {
  /** The datafiles to serve. */
  folder: string;
  dataDir: string;
  logger: Logger;
  /** Derived tables to fill anew. */
  damaged: readonly string[];
}

/**
 * Deploys the datafiles of a folder, or else the ones that were served last, so that an update of Ghost
 * that does not fit, or for which memory or disk is too small, costs neither hits nor charts: it is logged,
 * shown in `status`, and can wait.
 *
 * @throws EngineError `DATABASE_UNAVAILABLE`; any other when there are none to fall back on.
 */
export async function deployBest(
  connection: Connection,
  { folder, dataDir, logger, damaged }: DeployBestOptions,
): Promise<ServedProject> {
  const served = join(dataDir, SERVED_FOLDER);
  try {
    const project = await readProject(folder);
    await deploy(project, connection, { logger, damaged });
    await remember(folder, dataDir);
    return { project, refusal: undefined };
  } catch (error) {
    if (!(error instanceof EngineError) || IS_OF_DATABASE.has(error.code)) throw error;
    const former = await readProject(served).catch(() => undefined);
    if (!former) throw error;
    await deploy(former, connection, { logger, damaged });
    logger.error(
      { event: 'datafiles.refused', err: error, folder, served },
      'these datafiles are refused; the former ones serve',
    );
    return { project: former, refusal: error.message };
  }
}

/** Keeps a copy, and of the one before it when it differs. */
async function remember(folder: string, dataDir: string): Promise<void> {
  const [served, former] = [join(dataDir, SERVED_FOLDER), join(dataDir, FORMER_FOLDER)];
  if (await isSame(folder, served)) return;
  await rm(`${served}.new`, { recursive: true, force: true });
  await cp(folder, `${served}.new`, { recursive: true });
  await rm(former, { recursive: true, force: true });
  await rename(served, former).catch(() => {});
  await rename(`${served}.new`, served);
}

async function isSame(folder: string, served: string): Promise<boolean> {
  const texts = async (from: string) =>
    JSON.stringify(await readProject(from), (_, value) =>
      value instanceof Map ? [...value] : value,
    );
  try {
    return (await texts(folder)) === (await texts(served));
  } catch {
    return false;
  }
}
