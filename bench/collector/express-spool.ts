// Express 5 that reads JSON and keeps it by the collector's own group fsync, and nothing else.
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { openSpool } from '../../packages/ghost-analytics-tinybird/src/spool/spool.ts';
import { announce } from './announce.ts';

const folder = mkdtempSync(join(tmpdir(), 'prosora-bench-spool-'));
const spool = await openSpool({ folder, maxBytes: 2 ** 33 });
const app = express().disable('x-powered-by').disable('etag');
app.post('/api/v1/page_hit', express.json({ limit: '20kb' }), async (request, response) => {
  await spool.append(JSON.stringify(request.body));
  response.status(202).json({ message: 'Page hit event received' });
});
announce(createServer(app));
