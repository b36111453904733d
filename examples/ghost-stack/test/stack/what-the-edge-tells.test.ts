import { expect, test } from 'vitest';
import { askEdge } from './edge.ts';
import { compose, DOMAIN, exec } from './stack.ts';

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

test('what else it has to say, such as why a request failed, leaves out the same', async () => {
  const adapted = await exec('caddy', 'caddy', 'adapt', '--config', '/etc/caddy/Caddyfile');
  const { logging } = JSON.parse(adapted.slice(adapted.indexOf('{'))) as {
    logging: { logs: Record<string, { encoder: { format: string; fields: object } }> };
  };
  const encoders = Object.values(logging.logs).map(({ encoder }) => encoder);
  expect(encoders.map(({ format }) => format)).toEqual(encoders.map(() => 'filter'));
  expect(logging.logs['default']?.encoder.fields).toEqual(logging.logs['log0']?.encoder.fields);
});

test('the edge counts for an operator on the network "watch"', async () => {
  const metrics = await exec('caddy', 'wget', '-qO-', 'http://caddy.watch:2021/metrics');
  expect(metrics).toMatch(/^caddy_http_requests_total\{.+\} \d+$/m);
  expect((await askEdge('/metrics/')).status).toBe(404);
});
