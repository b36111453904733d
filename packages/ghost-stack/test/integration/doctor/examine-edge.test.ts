import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { Finding } from '@prosora/service';
import { expect, onTestFinished, test } from 'vitest';
import { examineEdge } from '../../../src/doctor/examine-edge.ts';

async function allOf(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}

async function findingsOf(server: Server) {
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return await allOf(examineEdge({ domain: 'blog.localhost', port }));
}

test('an edge that takes connections and says nothing is a finding, and holds nobody up', async () => {
  const [finding, ...more] = await findingsOf(createServer());
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    status: 'fail',
    sentence: expect.stringContaining('It takes connections and does not answer.'),
  });
});

test('an edge that is not there is one finding, with where to look', async () => {
  expect(await allOf(examineEdge({ domain: 'blog.localhost', port: 9 }))).toMatchObject([
    { status: 'fail', sentence: 'https://blog.localhost:9 cannot be reached (ECONNREFUSED).' },
  ]);
});
