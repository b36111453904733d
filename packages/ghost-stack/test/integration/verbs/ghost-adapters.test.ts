import { expect, test } from 'vitest';
import { jobsOfGhost } from '../../../src/services/ghost-jobs.ts';
import { mediaOfSite } from '../../../src/services/media.ts';
import { startNoDocker } from '../../fixtures/docker.ts';
import { prosora } from '../../fixtures/prosora.ts';
import { stackFolder } from '../../fixtures/stack-folder.ts';

const json = (printed: unknown) => ({ printed: JSON.stringify(printed) });
const job = {
  ...{ queue: 'callbacks', id: 'job-1', state: 'dead', dueAt: null, failures: 3 },
  ...{ settledAt: '2026-11-29T08:00:00.000Z', reason: 'Ghost answers 500.' },
};
const queue = { queue: 'callbacks', counts: { dead: 1 }, oldestSeconds: 0 };

test('the jobs of Ghost are what its adapters’ own command says, by flags that no value can leave', async () => {
  const { asked } = startNoDocker({}, undefined, {
    'prosora-jobs status': json([queue]),
    '--state=dead --after=--x': json({ items: [{ ...job, seq: 7 }], next: null }),
  });
  expect(await jobsOfGhost(stackFolder(''), { state: ['dead'], after: '--x' })).toEqual({
    queues: [queue],
    items: [job],
    next: null,
  });
  expect(asked().at(-1)).toMatch(/^"\$@" .* sh prosora-jobs list --state=dead --after=--x$/);
});

test('the verb hands on its own flags alone, and prints what came of it', async () => {
  startNoDocker({}, undefined, {
    'prosora-jobs status': json([queue]),
    'prosora-jobs list --limit=5': json({ items: [job], next: 'callbacks,dead,1,7' }),
  });
  const dir = stackFolder('');
  const { code, stdout } = await prosora(dir, ['jobs', '--limit', '5', '--json']);
  expect({ code, answer: JSON.parse(stdout) }).toMatchObject({ code: 0, answer: { items: [job] } });
  expect((await prosora(dir, ['jobs', '--limit', '5'])).output).toBe(`callbacks: 1 dead
  callbacks job-1: dead  Ghost answers 500.
There are more: --after callbacks,dead,1,7
`);
});

test('what that command refuses is said as it says it', async () => {
  startNoDocker({}, undefined, {
    'prosora-jobs status': json([]),
    'prosora-jobs list --state=ded': json({ error: { code: 'FLAG_INVALID', message: 'No.' } }),
  });
  const asking = jobsOfGhost(stackFolder(''), { state: ['ded'] });
  await expect(asking).rejects.toMatchObject({ code: 'FLAG_INVALID', message: 'No.' });
});

test('a command that Ghost’s image does not have is said not to answer', async () => {
  startNoDocker();
  const asking = jobsOfGhost(stackFolder(''), {});
  await expect(asking).rejects.toMatchObject({
    code: 'ADAPTER',
    message: '`prosora-jobs status` in Ghost’s container does not answer.',
  });
});

const USED = {
  ...{ cloudName: 'prosora', plan: 'Free', updatedAt: '2026-11-29', originals: 12 },
  ...{ credits: { usage: 3, limit: 25 }, storageBytes: 9e6 },
  ...{ bandwidthBytes: null, transformations: null },
};
const LOG = `ghost-1  | 2026-11-29T08:00:00.100000000Z [2026-11-29 08:00:00] ERROR "POST /ghost/api/admin/images/upload/" 500 50ms
ghost-1  | 2026-11-29T08:00:00.200000000Z Error Code:
ghost-1  | 2026-11-29T08:00:00.300000000Z     CLOUDINARY_FILE_TOO_LARGE
ghost-1  | 2026-11-29T08:00:00.400000000Z StorageError: CLOUDINARY_FILE_TOO_LARGE
ghost-1  | 2026-11-29T08:00:05.000000000Z CLOUDINARY_NOT_FOUND
ghost-1  | 2026-11-29T08:30:00.000000000Z     CLOUDINARY_UNREACHABLE
`;

test('media are told with what is used, and each failure once, the newest first', async () => {
  startNoDocker({}, undefined, {
    'ghost-cloudinary usage': json(USED),
    ' ghost': { printed: LOG },
  });
  expect(await mediaOfSite(stackFolder(''), { isExamined: false })).toEqual({
    kind: 'cloudinary',
    usage: USED,
    findings: [],
    failures: [
      { at: '2026-11-29T08:30:00Z', code: 'CLOUDINARY_UNREACHABLE' },
      { at: '2026-11-29T08:00:00Z', code: 'CLOUDINARY_FILE_TOO_LARGE' },
    ],
  });
});

test('media on this machine need no one to be asked', async () => {
  const { asked } = startNoDocker();
  expect(await mediaOfSite(stackFolder('MEDIA=local\n'), { isExamined: true })).toEqual({
    ...{ kind: 'local', usage: null, findings: [], failures: [] },
  });
  expect(asked()).toEqual(['']);
});
