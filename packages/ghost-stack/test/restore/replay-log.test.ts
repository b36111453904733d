import { expect, test } from 'vitest';
import { replayLog } from '../../src/restore/replay-log.ts';
import { startNoDocker } from '../fixtures/docker.ts';
import { placeIn } from '../fixtures/place.ts';

test('where nothing was written since the dump, nothing is repeated', async () => {
  const { asked } = startNoDocker();
  // As of the first tick after a backup of a quiet site: it has copies of stores, and no file of the log.
  const replay = { snapshots: [], from: 7, to: 6, moment: new Date(), isCut: false };
  await replayLog(placeIn('/srv/blog'), replay, 157, 'ghost');
  expect(asked().join('')).toBe('');
});
