import { statSync } from 'node:fs';
import { expect, inject, test, vi } from 'vitest';
import type { Home } from '../../src/ops/home.ts';
import { removeEnded, runJob } from '../../src/ops/run-job.ts';
import { docker } from '../../src/stack/compose.ts';
import { SOCKET } from '../../src/stack/docker-socket.ts';

test('a job that hangs is ended at its limit, and the next one runs', async () => {
  const { dir, project } = inject('stack');
  const { uid, gid } = statSync(dir);
  const home: Home = {
    dir,
    // Not that of the service which runs here, which removes what it does not know.
    project: `${project}-hung`,
    image: 'ghcr.io/prosora/ops:dev',
    socket: SOCKET,
    group: statSync(SOCKET).gid,
    user: `${uid}:${gid}`,
  };
  const begin = (words: string[], limitMs: number) =>
    runJob(home, { job: 'verify', begunAt: Date.now() }, { words, limitMs });
  const running = async () =>
    (await docker(dir, ['ps', '--quiet', '--filter', `label=prosora.ops=${home.project}`])).trim();

  const hung = begin(['doctor'], 8_000);
  await docker(dir, ['pause', await vi.waitUntil(running, { interval: 50 })]);
  expect(await hung).toEqual({
    isBusy: false,
    isCutOff: false,
    needsBackup: false,
    failure: 'It had not ended after 1 hour, and was ended.',
  });
  // Docker goes on listing one for a moment that it has killed.
  await expect.poll(running).toBe('');
  expect(await begin(['version'], 60_000)).toMatchObject({ failure: undefined });
  await removeEnded(home, undefined);
  expect(await docker(dir, ['ps', '--all', '--quiet', '--filter', `name=${home.project}`])).toBe(
    '',
  );
});
