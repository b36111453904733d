import { expect, test } from 'vitest';
import { askCommand, outcomeOf } from '../../src/ops/run-job.ts';
import { startNoDocker } from '../fixtures/docker.ts';

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
const refused = (code: string) => json({ error: { code, message: 'It is so.', help: 'Wait.' } });

test.each([
  ['a run that ended well', 0, json({ run: 'one' }), undefined],
  ['an error says why and what to do', 1, refused('DUMP_FAILED'), 'It is so. Wait.'],
  [
    'a doubtful backup says why after what it took',
    1,
    json({ run: 'one', doubts: ['posts'] }) + refused('BACKUP_DOUBTFUL'),
    'It is so. Wait.',
  ],
  [
    'a drill says what differs',
    1,
    json({
      findings: [
        { name: 'database', status: 'fail', sentence: 'Rows differ.' },
        { name: 'ghost', status: 'ok', sentence: 'It starts.' },
      ],
    }),
    'Rows differ.',
  ],
  ['one that was made and never began is not well', 0, '', 'It ended with 0 and did not say why.'],
  ['one that was killed says nothing', 137, '', 'It ended with 137 and did not say why.'],
])('%s', (_case, code, printed, failure) => {
  const isCutOff = printed === '';
  expect(outcomeOf(code, printed)).toEqual({
    isBusy: false,
    isCutOff,
    needsBackup: false,
    failure,
  });
});

test.each(['BUSY', 'BACKUP_LOCKED'])('%s is no failure: somebody else goes first', (code) => {
  expect(outcomeOf(1, refused(code)).isBusy).toBe(true);
});

test('a question has a limit of memory, so that its answer costs nobody else’s', async () => {
  const { asked } = startNoDocker({}, undefined, { 'backup list --json': { printed: '[]' } });
  const stack = { dir: '/srv/blog', project: 'blog', image: 'ops:dev' };
  const home = { ...stack, socket: '/var/run/docker.sock', group: 999, user: '1000:1000' };
  expect(await askCommand(home, ['backup', 'list'])).toEqual([]);
  expect(asked().at(-1)).toMatch(/^docker run --rm --memory \d+m .* backup list --json$/);
});
