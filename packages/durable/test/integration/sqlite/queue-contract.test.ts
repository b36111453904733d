import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { openStore } from '../../../src/store.ts';
import { queueContract } from '../../contract/queue-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'prosora-durable-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a queue on SQLite', () => {
  queueContract((name, clock) => openStore({ file: join(folder, `${name}.db`), clock }));
});
