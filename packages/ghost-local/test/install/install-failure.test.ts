import { expect, test } from 'vitest';
import { installFailure } from '../../src/install/install-failure.ts';
import { assertNodeRunsGhost } from '../../src/install/node-version.ts';

// What npm 11.19.1 and pnpm 12.4.2 printed on a full disk and with no registry.
const OUTPUTS = [
  ['DISK_FULL', 'npm error code ENOSPC\nnpm error syscall write'],
  [
    'DISK_FULL',
    '  ╰─▶ Failed to create symlink at "/x/6.65.0.part-iAUTyL/\n      package": No space left on\n      device (os error 28)',
  ],
  ['NPM_UNREACHABLE', 'npm error code ECONNREFUSED\nnpm error syscall connect'],
  ['NPM_UNREACHABLE', 'npm error code ENOTFOUND\nnpm error syscall getaddrinfo'],
  [
    'NPM_UNREACHABLE',
    '  ╰─▶ Failed to resolve dependency tree: Failed to resolve dependency: Failed\n      to fetch metadata from http://127.0.0.1:9/@aws-sdk%2Fclient-s3: error\n      sending request for url (http://127.0.0.1:9/@aws-sdk%2Fclient-s3)',
  ],
] as const;

test.each(OUTPUTS)('%s is told from what was printed', (code, output) => {
  const failure = installFailure('Ghost is not there', {
    exitCode: 1,
    lastLines: output.split('\n'),
  });
  expect(failure).toMatchObject({ name: 'GhostLocalError', code, context: { exitCode: 1 } });
  expect(failure.help).toBeTruthy();
});

test('a failure nobody knows keeps its last line', () => {
  const lastLines = ['one', 'Cannot find module sharp'];
  expect(installFailure('Loading failed', { exitCode: 1, lastLines })).toMatchObject({
    code: 'GHOST_INSTALL_FAILED',
    message: 'Loading failed: Cannot find module sharp',
  });
});

test.each(['22.23.1', '24.20.0', '24.21.0'])('Ghost runs on Node %s', (version) => {
  expect(() => assertNodeRunsGhost(version)).not.toThrow();
});

test.each(['20.20.2', '22.22.0', '23.11.0', '24.19.9', '26.0.0'])(
  'Node %s is refused with the versions that do',
  (version) => {
    expect(() => assertNodeRunsGhost(version)).toThrow(`Ghost does not run on Node ${version}.`);
  },
);
