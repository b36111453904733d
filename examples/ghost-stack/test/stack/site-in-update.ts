import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { askEdge } from './edge.ts';
import { type Registry, startRegistry } from './newer-ghosts.ts';
import { openRepository } from './own-repository.ts';
import { docker, exec, sql } from './stack.ts';

/** Where backups and newer images are while updates are tried. */
export interface Updates {
  registry: Registry;
  /** The settings with which `update` finds what `makeGhost` has pushed there. */
  withNewer: Record<string, string>;
  end(): Promise<void>;
}

/** Makes both; a watch takes longer than `update` needs to see a container that is started again and again. */
export async function prepareUpdates(minutes = '0.3'): Promise<Updates> {
  const repository = await openRepository();
  process.env['BACKUP_REPOSITORY'] = repository.folder;
  const registry = await startRegistry();
  const image = `${registry.address}/ghost:6-alpine`;
  return {
    registry,
    withNewer: { UPDATE_WATCH_MINUTES: minutes, GHOST_IMAGE: image },
    async end() {
      delete process.env['BACKUP_REPOSITORY'];
      await registry.remove();
      await repository.remove();
    },
  };
}

/** The version of Ghost that answers. */
export const ghostVersion = async (): Promise<string> =>
  (
    await exec('ghost', 'node', '-p', "require('/var/lib/ghost/current/package.json').version")
  ).trim();

/** What the migrations of newer Ghosts have made. */
export const tables = async (): Promise<string> => await sql("SHOW TABLES LIKE 'prosora_update_%'");

const AT = '@updates.example';

/** Writes one as Ghost would, with it or without. */
export const addMember = (name: string): Promise<string> =>
  sql(
    `INSERT INTO members (id, uuid, transient_id, email, created_at, updated_at) VALUES (LEFT(REPLACE(UUID(), '-', ''), 24), UUID(), UUID(), '${name}${AT}', NOW(), NOW())`,
  );
/** The names of those. */
export const members = async (): Promise<string[]> =>
  (await sql(`SELECT email FROM members WHERE email LIKE '%${AT}' ORDER BY email`))
    .split('\n')
    .filter(Boolean)
    .map((email) => email.replace(AT, ''));

/** Reads the front page each second until something has ended. @returns what was not answered with 200 */
export async function whileReading<Result>(work: Promise<Result>): Promise<[Result, number[]]> {
  const state = { isOver: false };
  const over = work.finally(() => {
    state.isOver = true;
  });
  const answers: Promise<number>[] = [];
  while (!state.isOver) {
    answers.push(
      askEdge('/').then(
        ({ status }) => status,
        () => 0,
      ),
    );
    await delay(1_000);
  }
  return [await over, (await Promise.all(answers)).filter((status) => status !== 200)];
}

/** What would be another if anything had touched the site: its containers, whether and since when they run, and its schema. */
export async function siteNow(): Promise<string[]> {
  const { project } = inject('stack');
  const label = `label=com.docker.compose.project=${project}`;
  const ids = (await docker(['ps', '--all', '--quiet', '--filter', label])).split('\n');
  const format =
    '{{.Name}} {{.State.Status}} {{.Id}} {{.Image}} {{.State.StartedAt}} {{.RestartCount}}';
  const containers = (await docker(['inspect', '--format', format, ...ids])).split('\n').sort();
  const columns =
    "SELECT SHA2(GROUP_CONCAT(table_name, '.', column_name, ' ', column_type ORDER BY 1), 256) FROM information_schema.columns WHERE table_schema = 'ghost'";
  return [...containers, await sql(`SET SESSION group_concat_max_len = 10000000; ${columns}`)];
}
