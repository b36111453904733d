import { expect, test } from 'vitest';
import { askEdge } from './edge.ts';
import { allHealthy, compose, DOMAIN, exec } from './stack.ts';

test('the log has a line a request, without what opens anything', async () => {
  const secret = `secret-${Date.now()}`;
  const mark = `/p/${secret}/?mark=${Date.now()}&token=${secret}&Key=${secret}&otc=${secret}`;
  await askEdge(mark, {
    headers: {
      cookie: `ghost-members-ssr=${secret}`,
      authorization: `Ghost ${secret}`,
      referer: `https://${DOMAIN}/members/?token=${secret}&action=signin`,
      'user-agent': 'A reader of the log',
    },
  });
  const logs = await compose(['logs', '--no-color', '--no-log-prefix', '--tail', '50', 'caddy']);
  const line = logs.split('\n').find((line) => line.includes('A reader of the log')) ?? '{}';
  // Compose writes for a terminal in front of it.
  expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({
    request: { method: 'GET', uri: expect.stringContaining('token=***') },
    referer: `https://${DOMAIN}/members/?token=***&action=signin`,
    status: 404,
  });
  expect(logs).not.toContain(secret);
});

test('why a request failed is told without what opens anything', async () => {
  const secret = `secret-${Date.now()}`;
  await compose(['stop', 'analytics']);
  const address = `/.ghost/analytics/api/v1/page_hit?token=${secret}`;
  const { status } = await askEdge(address, { method: 'POST', body: '{}' });
  await compose(['start', 'analytics']);
  await allHealthy();
  expect(status).toBeGreaterThanOrEqual(500);
  const logs = await compose(['logs', '--no-color', '--no-log-prefix', '--tail', '50', 'caddy']);
  expect(logs).toMatch(/"logger":"http\.log\.error.+token=\*\*\*/);
  expect(logs).not.toContain(secret);
});

test('the edge counts for an operator on the network "watch"', async () => {
  const metrics = await exec('caddy', 'wget', '-qO-', 'http://caddy.watch:2021/metrics');
  expect(metrics).toMatch(/^caddy_http_requests_total\{.+\} \d+$/m);
  expect((await askEdge('/metrics/')).status).toBe(404);
});
