import { docker } from './docker.ts';

/** Where the Dockerfile puts what it adds to other people's images. */
const PLACES = ['/app', '/opt/prosora', '/srv/tracker', '/usr/local/bin'];

const SCRIPT = `for place in ${PLACES.join(' ')}; do
  [ -e $place ] || continue
  find $place -type f -exec sha256sum {} +
  find $place -exec stat -c '%a %u:%g %N' {} +
done`;

/** A line for each file's hash, and one for each mode, owner and target of a link; times are left out. */
export function addedFiles(image: string): string[] {
  const place = ['--rm', '--network', 'none', '--user', '0:0', '--entrypoint', 'sh'];
  return docker(['run', ...place, image, '-c', SCRIPT])
    .split('\n')
    .sort();
}

/** The lines of which only one of two images has one like it. */
export function differences(one: readonly string[], other: readonly string[]): string[] {
  const missing = (from: readonly string[], of: ReadonlySet<string>) =>
    from.filter((line) => !of.has(line));
  return [...missing(one, new Set(other)), ...missing(other, new Set(one))].sort();
}
