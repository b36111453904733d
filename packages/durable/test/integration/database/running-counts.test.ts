import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { afterAll, expect, inject, test } from 'vitest';
import type { Migrations } from '../../../src/database/migrations.ts';
import { keepCounts } from '../../../src/database/running-counts.ts';
import { openStore } from '../../../src/store.ts';

const { soak, seed } = inject('proof');
const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A table of animals that were there before anybody counted them. */
const migrations: Migrations = {
  '001-animals': {
    async up(db: Kysely<never>) {
      await db.schema
        .createTable('animal')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('kind', 'varchar(16)', (column) => column.notNull())
        .addColumn('home', 'varchar(16)')
        .execute();
      await db
        .insertInto('animal' as never)
        .values([
          { id: 1, kind: 'cat', home: 'ark' },
          { id: 2, kind: 'cat', home: 'ark' },
          { id: 3, kind: 'dog', home: null },
          { id: 4, kind: 'dog', home: '' },
        ] as never)
        .execute();
    },
  },
  '002-count-them': {
    up: (db: Kysely<never>) => keepCounts(db, { of: 'animal', by: ['kind', 'home'] }),
  },
};

let files = 0;
async function openAnimals(): Promise<DatabaseSync> {
  const file = join(folder, `${files++}.db`);
  await (await openStore({ file, migrations })).close();
  return new DatabaseSync(file);
}

const KEPT = 'select kind, home, count from animal_count order by kind, home';
const COUNTED = `select kind, coalesce(home, '') as home, count(*) as count from animal
  group by 1, 2 order by 1, 2`;

test('rows that were there before are counted, those without a value too', async () => {
  using animals = await openAnimals();
  expect(animals.prepare(KEPT).all()).toEqual([
    { kind: 'cat', home: 'ark', count: 2 },
    { kind: 'dog', home: '', count: 2 },
  ]);
});

const id = fc.integer({ min: 1, max: 9 });
const kind = fc.constantFrom("'cat'", "'dog'", "'eel'");
const home = fc.constantFrom('null', "'ark'", "''");
const statement = fc.oneof(
  fc.tuple(id, kind, home).map((row) => `insert or ignore into animal values (${row})`),
  fc
    .tuple(id, kind, home)
    .map(
      (row) =>
        `insert into animal values (${row}) on conflict (id) do update set kind = excluded.kind`,
    ),
  fc
    .tuple(kind, home, id)
    .map(([to, at, of]) => `update animal set kind = ${to}, home = ${at} where id >= ${of}`),
  fc.tuple(id).map(([of]) => `update animal set id = id + 100 where id = ${of}`),
  id.map((of) => `delete from animal where id <= ${of}`),
  fc.constant('delete from animal'),
);

test('whatever changes rows, what is kept is what a count finds, also where it is undone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { maxLength: 20 }),
      fc.boolean(),
      async (all, isUndone) => {
        using animals = await openAnimals();
        animals.exec('begin');
        for (const sql of all) {
          try {
            animals.exec(sql);
          } catch (error) {
            expect(String(error)).toContain('UNIQUE constraint failed: animal.id');
          }
        }
        animals.exec(isUndone ? 'rollback' : 'commit');
        expect(animals.prepare(KEPT).all()).toEqual(animals.prepare(COUNTED).all());
      },
    ),
    { seed, numRuns: soak ? 2_000 : 50 },
  );
});
