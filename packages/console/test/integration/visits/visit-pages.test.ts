import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type OwnConsole, startOwnConsole } from '../../fixtures/own-console.ts';
import { wordsOf } from '../../fixtures/stub-api.ts';
import { startVisitService, type VisitService } from '../../fixtures/visit-service.ts';

let service: VisitService;
let own: OwnConsole;
beforeAll(async () => {
  service = await startVisitService();
  own = await startOwnConsole(service.env);
});
afterAll(async () => {
  await own?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

const words = async (path: string) => wordsOf({ text: (await own.get(path)).html });
const letters = async () => (await service.visits.get('dead-letters')).items;

test('hits are counted as the collector counts them', async () => {
  await service.visit(12);
  await vi.waitFor(async () => expect(await words('/visits')).toMatch(/Taken in 12 .*Sent on 12 /));
  expect(await words('/visits')).toContain('Every hit was taken.');
});

test('hits that nobody takes are listed with the reason, and go through once it is mended', async () => {
  service.upstream.status = 400;
  await service.visit(2);
  await vi.waitFor(async () => expect((await letters()).length).toBeGreaterThan(0), 20_000);
  const [letter] = await letters();
  expect(await words('/visits')).toContain('the rows are wrong');
  const batch = encodeURIComponent(letter?.batch ?? '');
  expect(await words(`/visits/letter?batch=${batch}`)).toContain(letter?.reason);
  expect((await own.get('/visits/letter?batch=none')).status).toBe(404);
  expect((await own.get('/visits?after=x')).status).toBe(400);
  service.upstream.status = 200;
  const { status } = await own.post('/visits/replay', {});
  expect(status).toBe(303);
  expect(await letters()).toEqual([]);
  expect(await words('/visits')).toContain('Every hit was taken.');
});
