import { findingLine } from '@prosora/service';
import { expect, test } from 'vitest';
import { makeZone } from '../../../src/init/make.ts';
import { tellOfChanges } from '../../../src/init/tell-of-changes.ts';
import { startNoDocker } from '../../fixtures/docker.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const ALL = 'GET integrations?include=webhooks&limit=all';
const SECRET = { 'cat /run/secrets/cdn_webhook_secret': { printed: 'whispered-to-ghost' } };
const WEBHOOK = {
  name: 'Purge',
  event: 'site.changed',
  target_url: 'https://blog.example.com/webhooks/ghost',
  secret: 'whispered-to-ghost',
};

const THERE = { event: 'site.changed', target_url: 'https://old.example.com/webhooks/ghost' };

const integrations = (...list: object[]) => ({ status: 200, body: { integrations: list } });

async function told(answers: Parameters<typeof startNoDocker>[0]) {
  const { asked } = startNoDocker(answers, undefined, SECRET);
  const lines: string[] = [];
  for await (const finding of tellOfChanges(stackFolder(''), 'blog.example.com', 'a=session')) {
    lines.push(findingLine(finding));
  }
  const changes = asked().filter((line) => /^(POST|PUT) /.test(line));
  return { lines, changes };
}

test('Ghost gets an integration with the webhook where it has none', async () => {
  const { lines, changes } = await told({
    [ALL]: integrations({
      id: '1',
      name: 'Zapier',
      webhooks: [{ ...THERE, id: '2' }],
    }),
    'POST integrations': integrations({ id: '3', name: 'Cloudflare' }),
    'POST webhooks': { status: 201 },
  });
  expect(changes).toEqual([
    'POST integrations {"integrations":[{"name":"Cloudflare"}]}',
    `POST webhooks ${JSON.stringify({ webhooks: [{ ...WEBHOOK, integration_id: '3' }] })}`,
  ]);
  expect(lines).toEqual(['✔ Ghost: It tells of changes, by the integration "Cloudflare".']);
});

test('one that is there gets the address and the secret of now, and no second is made', async () => {
  const { changes } = await told({
    [ALL]: integrations({
      id: '3',
      name: 'Cloudflare',
      webhooks: [{ ...THERE, id: '4' }],
    }),
    'PUT webhooks/4': { status: 200 },
  });
  expect(changes).toEqual([`PUT webhooks/4 ${JSON.stringify({ webhooks: [WEBHOOK] })}`]);
});

test('a webhook that somebody else made in an integration of that name stays as it is', async () => {
  const foreign = { id: '5', event: 'site.changed', target_url: 'https://worker.example.net/' };
  const { changes } = await told({
    [ALL]: integrations({ id: '3', name: 'Cloudflare', webhooks: [foreign] }),
    'POST webhooks': { status: 201 },
  });
  expect(changes).toEqual([
    `POST webhooks ${JSON.stringify({ webhooks: [{ ...WEBHOOK, integration_id: '3' }] })}`,
  ]);
});

test('what Ghost says against it is told', async () => {
  const body = { errors: [{ message: 'Host limit error.', context: 'Custom integrations' }] };
  await expect(told({ [ALL]: { status: 403, body } })).rejects.toMatchObject({
    code: 'GHOST_REFUSED',
    message: 'Ghost takes no webhook: Host limit error. Custom integrations',
  });
});

test('of a zone that takes only a part it is known which', async () => {
  const steps = [
    { name: 'ssl', outcome: 'set' },
    { name: 'http3', outcome: 'failed: 403 Authentication error' },
  ];
  const printed = JSON.stringify(steps);
  startNoDocker({}, undefined, { 'prosora-cdn setup --json': { printed, code: 1 } });
  expect(await makeZone(stackFolder(''))).toEqual(steps);
});
