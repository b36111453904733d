import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ServiceProcess, seededRandom, spawnService } from '@prosora/service/testing';
import { expect, inject, onTestFinished, test, vi } from 'vitest';

const { soak, seed } = inject('proof');
const KILLS = soak ? 50 : 5;
const ALERTS = soak ? 500 : 50;
const SERVICE = fileURLToPath(new URL('../../fixtures/alerts-service.ts', import.meta.url));

/** A person's webhook, which now and then is not taken. */
async function startPerson(random: () => number) {
  const messages: string[] = [];
  const server = createServer(async (request, response) => {
    const { text: told } = JSON.parse(await text(request)) as { text: string };
    if (random() < 0.2) return response.writeHead(500).end();
    messages.push(told);
    return response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { messages, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const bodyOf = (number: number) =>
  JSON.stringify({
    version: '4',
    alerts: [
      {
        fingerprint: `alert-${number}`,
        status: 'firing',
        labels: { alertname: 'PartDown' },
        annotations: { summary: `Number ${number}.` },
        startsAt: new Date().toISOString(),
      },
    ],
  });

test('of alerts that were taken none is lost, however often the service is killed, and at most one message a kill is told twice', async () => {
  const random = seededRandom(seed);
  const person = await startPerson(random);
  const dir = mkdtempSync(join(tmpdir(), 'prosora-alerts-'));
  let service: ServiceProcess | undefined;
  const start = async () => {
    service = await spawnService(['--conditions=@prosora/source', SERVICE, dir, person.url], {});
  };
  await start();
  onTestFinished(async () => void (await service?.end('SIGKILL')));

  const taken: number[] = [];
  const post = async () => {
    for (let number = 0; number < ALERTS; ) {
      const headers = { authorization: 'Bearer a-token' };
      const request = { method: 'POST', headers, body: bodyOf(number) };
      // As Alertmanager does, until it is taken.
      const answer = await fetch(`${service?.url}/alerts`, request).catch(() => undefined);
      if (answer?.ok) taken.push(number++);
      await wait(random() * 20);
    }
  };
  const kill = async () => {
    for (let left = KILLS; left > 0; left -= 1) {
      await wait(random() * 300);
      await service?.end('SIGKILL');
      await start();
    }
  };
  await Promise.all([post(), kill()]);

  const tellings = () => person.messages.flatMap((message) => message.match(/Number \d+\./g) ?? []);
  const all = Array.from({ length: ALERTS }, (_, number) => `Number ${number}.`);
  await vi.waitFor(() => expect(new Set(tellings())).toEqual(new Set(all)), 20_000);
  const seen = new Set<string>();
  let again = 0;
  for (const message of person.messages) {
    const told = message.match(/Number \d+\./g) ?? [];
    if (told.some((one) => seen.has(one))) again += 1;
    for (const one of told) seen.add(one);
  }
  console.log(
    `${taken.length} alerts taken, ${KILLS} kills: ${person.messages.length} messages, ${again} of them told something twice (seed ${seed})`,
  );
  expect(again).toBeLessThanOrEqual(KILLS);
});
