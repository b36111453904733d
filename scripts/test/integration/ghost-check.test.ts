import { readFileSync } from 'node:fs';
import { GHOST_VERSION } from '@prosora/ghost-local';
import { expect, test } from 'vitest';
import { startRecorder } from '../../ghost-check/recorder.ts';

test('what is known is of the Ghost that everything is tested against', () => {
  const known = new URL('../../ghost-check/known.txt', import.meta.url);
  expect(readFileSync(known, 'utf8').split('\n')[0]).toBe(`Ghost ${GHOST_VERSION}`);
});

test('a question is noted with the names of its parameters and fields, and without their values', async () => {
  await using recorder = await startRecorder();
  const form = new FormData();
  form.set('to', 'reader@example.org');
  form.set('html', '<meta name="viewport">');
  await fetch(`${recorder.url}/v3/mg.example.org/messages`, { method: 'POST', body: form });
  await fetch(`${recorder.url}/v3/mg.example.org/events?limit=300&event=opened`);
  expect([...recorder.asked]).toEqual([
    'POST /v3/mg.example.org/messages form: html to',
    'GET /v3/mg.example.org/events?event&limit event=opened',
  ]);
});
