import type { Logger } from '@prosora/service';
import type { Connection } from '../database/connection.ts';
import type { Project } from '../datafiles/project.ts';
import { fillBeside } from './backfill.ts';
import { BESIDE, type Existing, existingObjects } from './existing.ts';
import { createTableSql, createViewSql, schemaOf, type Table } from './objects.ts';
import { planOf } from './plan.ts';
import { deployTrial } from './trial.ts';

/** What {@link deploy} can be told. */
export interface DeployOptions {
  logger?: Logger;
  /** Derived tables that lost rows and are filled anew. */
  damaged?: readonly string[];
}

/**
 * Brings the database to what the project asks for. Each object carries the hash of its origin as
 * comment, so a second start changes nothing.
 *
 * What changed is filled beside what is served and takes its place once it is complete; the former
 * tables stay as `TABLE__before` until {@link confirm}. Nothing is written meanwhile. Killed at any
 * moment, the next start compares again and does what is left.
 *
 * @throws EngineError `DATAFILES_CHANGED` when rows do not fit; what is served is as it was then.
 */
export async function deploy(
  project: Project,
  connection: Connection,
  { logger, damaged = [] }: DeployOptions = {},
): Promise<void> {
  const schema = schemaOf(project);
  await tidy(connection);
  const existing = await existingObjects(connection);
  const plan = planOf(schema, existing, damaged);
  for (const table of plan.create) await connection.execute(createTableSql(table));

  const filled = new Set<string>();
  if (plan.fill.length > 0) {
    const tables = plan.fill.map(({ name }) => name);
    logger?.warn(
      { event: 'tables.refilling', tables },
      'filling tables anew beside the present ones',
    );
  }
  try {
    for (const table of plan.fill) {
      await connection.execute(createTableSql(table, `${table.name}${BESIDE.next}`));
      await fillBeside({ connection, schema, existing, filled }, table);
      filled.add(table.name);
    }
  } catch (error) {
    await dropBeside(connection, plan.fill);
    throw error;
  }

  for (const { name } of plan.views) {
    if (existing.has(name)) await connection.execute(`DROP TABLE ${name} SYNC`);
  }
  for (const name of plan.drop) await connection.execute(`DROP TABLE ${name} SYNC`);
  for (const { name } of plan.fill) await putInPlace(connection, existing, name);
  for (const view of plan.views) await connection.execute(createViewSql(view));
  await deployTrial(schema, connection);
  if (plan.fill.length > 0) {
    logger?.warn(
      { event: 'tables.changed' },
      'the new tables serve; the former ones are kept until `prosora-engine confirm`',
    );
  }
}

/** Tables that upgrades kept as they were. */
export async function keptTables(connection: Connection): Promise<Existing[]> {
  const existing = await existingObjects(connection);
  return [...existing.values()].filter(({ name }) => name.endsWith(BESIDE.before));
}

/** Gives up the tables that upgrades kept, and returns their names. */
export async function confirm(connection: Connection): Promise<string[]> {
  const kept = (await keptTables(connection)).map(({ name }) => name);
  for (const name of kept) await connection.execute(`DROP TABLE ${name} SYNC`);
  return kept;
}

/**
 * The first upgrade since a confirmation keeps the table it replaces; a later one keeps that older one
 * still, since it is the state that someone last found good.
 */
async function putInPlace(
  connection: Connection,
  existing: ReadonlyMap<string, Existing>,
  name: string,
): Promise<void> {
  const [next, before] = [`${name}${BESIDE.next}`, `${name}${BESIDE.before}`];
  if (!existing.has(name)) {
    await connection.execute(`RENAME TABLE ${next} TO ${name}`);
  } else if (existing.has(before)) {
    await connection.execute(`EXCHANGE TABLES ${name} AND ${next}`);
    await connection.execute(`DROP TABLE ${next} SYNC`);
  } else {
    await connection.execute(`RENAME TABLE ${name} TO ${before}`);
    await connection.execute(`RENAME TABLE ${next} TO ${name}`);
  }
}

/** Ends what a killed upgrade or repair left: a table between two renames, half filled, or a copy. */
async function tidy(connection: Connection): Promise<void> {
  const existing = await existingObjects(connection);
  for (const name of existing.keys()) {
    if (name.endsWith(BESIDE.backup)) await connection.execute(`DROP TABLE ${name} SYNC`);
    if (!name.endsWith(BESIDE.next)) continue;
    const served = name.slice(0, -BESIDE.next.length);
    const wasAboutToServe = !existing.has(served) && existing.has(`${served}${BESIDE.before}`);
    await connection.execute(
      wasAboutToServe ? `RENAME TABLE ${name} TO ${served}` : `DROP TABLE ${name} SYNC`,
    );
  }
}

async function dropBeside(connection: Connection, tables: readonly Table[]): Promise<void> {
  for (const { name } of tables) {
    await connection.execute(`DROP TABLE IF EXISTS ${name}${BESIDE.next} SYNC`);
  }
}
