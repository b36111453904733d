import { EngineError } from '../errors.ts';

/** What of this machine decides whether chDB can run. */
export interface Platform {
  platform: NodeJS.Platform;
  arch: string;
  /** Version of glibc; undefined elsewhere and on musl, as in Alpine images. */
  glibcVersion: string | undefined;
}

/** This machine. */
function thisPlatform(): Platform {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return {
    platform: process.platform,
    arch: process.arch,
    glibcVersion: header.glibcVersionRuntime,
  };
}

/**
 * Refuses machines that chDB has no build for: all but Linux with glibc and macOS, on x64 and arm64.
 *
 * @throws EngineError `PLATFORM_UNSUPPORTED` with one sentence.
 */
export function assertPlatform({ platform, arch, glibcVersion }: Platform = thisPlatform()): void {
  const isKnown = platform === 'linux' || platform === 'darwin';
  const isMusl = platform === 'linux' && glibcVersion === undefined;
  if (isKnown && !isMusl && (arch === 'x64' || arch === 'arm64')) return;
  const here = isMusl ? 'Linux with musl' : `${platform} on ${arch}`;
  throw new EngineError(
    'PLATFORM_UNSUPPORTED',
    `The analytics engine runs on Linux with glibc and on macOS, x64 or arm64, and not on ${here}: use a Debian-based image or Tinybird Cloud.`,
  );
}
