import {
  addClockMetrics,
  type ClockGuard,
  Counter,
  createMetrics,
  Gauge,
  Histogram,
  type Registry,
} from '@prosora/service';
import type { Database } from './database/supervisor.ts';
import { rowCounts } from './schema/existing.ts';
import type { ServedProject } from './schema/served-project.ts';

/** What the engine counts. */
export interface EngineMetrics {
  registry: Registry;
  rows: Counter<'datasource' | 'outcome'>;
  queries: Histogram<'pipe' | 'status'>;
}

/** The engine's metrics; the database's are read when they are asked for. */
export function createEngineMetrics(
  database: Database,
  served: ServedProject,
  clock: ClockGuard,
): EngineMetrics {
  const registry = createMetrics('engine');
  const registers = [registry];
  new Gauge({
    name: 'prosora_database_up',
    help: '1 while the database answers',
    registers,
    collect() {
      this.set(database.isReady ? 1 : 0);
    },
  });
  new Gauge({
    name: 'prosora_database_restarts',
    help: 'Times the database came back after it crashed',
    registers,
    collect() {
      this.set(database.restarts);
    },
  });
  new Gauge({
    name: 'prosora_datafiles_refused',
    help: '1 while former datafiles serve because the present ones do not fit the data',
    registers,
    collect() {
      this.set(served.refusal === undefined ? 0 : 1);
    },
  });
  addClockMetrics(registry, clock);
  new Gauge({
    name: 'prosora_requests_waiting',
    help: 'Requests that wait for their turn at the database',
    registers,
    collect() {
      this.set(database.waiting);
    },
  });
  new Gauge({
    name: 'prosora_batches_set_aside',
    help: 'Batches in batches.aside: the database ended each time at them',
    registers,
    collect() {
      this.set(database.setAside);
    },
  });
  new Gauge({
    name: 'prosora_table_rows',
    help: 'Rows by table',
    labelNames: ['table'],
    registers,
    async collect() {
      this.reset();
      for (const [table, rows] of await tableRows(database)) this.set({ table }, rows);
    },
  });
  return {
    registry,
    rows: new Counter({
      name: 'prosora_rows_total',
      help: 'Rows of events by datasource and whether they were accepted or quarantined',
      labelNames: ['datasource', 'outcome'],
      registers,
    }),
    queries: new Histogram({
      name: 'prosora_query_seconds',
      help: 'Time to answer a pipe, by pipe and HTTP status',
      labelNames: ['pipe', 'status'],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
  };
}

async function tableRows(database: Database): Promise<Map<string, number>> {
  // While it restarts or is busy the other metrics say so.
  return database.isReady ? await rowCounts(database).catch(() => new Map()) : new Map();
}
