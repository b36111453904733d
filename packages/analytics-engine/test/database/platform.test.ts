import { expect, test } from 'vitest';
import { assertPlatform } from '../../src/database/platform.ts';

test.each([
  { platform: 'linux', arch: 'x64', glibcVersion: '2.36' },
  { platform: 'linux', arch: 'arm64', glibcVersion: '2.36' },
  { platform: 'darwin', arch: 'arm64', glibcVersion: undefined },
] as const)('$platform $arch with glibc $glibcVersion is served', (platform) => {
  expect(() => assertPlatform(platform)).not.toThrow();
});

test.each([
  [{ platform: 'linux', arch: 'x64', glibcVersion: undefined }, 'Linux with musl'],
  [{ platform: 'win32', arch: 'x64', glibcVersion: undefined }, 'win32 on x64'],
  [{ platform: 'linux', arch: 'ia32', glibcVersion: '2.36' }, 'linux on ia32'],
] as const)('%o is refused with one sentence', (platform, named) => {
  expect(() => assertPlatform(platform)).toThrow(
    `The analytics engine runs on Linux with glibc and on macOS, x64 or arm64, and not on ${named}: use a Debian-based image or Tinybird Cloud.`,
  );
});
