import { spawnSync } from 'node:child_process';

interface Report {
  diagnostics: { category: string; location: { path: string; start: { line: number } } }[];
}

/**
 * The imports that are part of a circle, of types too, as `path:line`.
 *
 * Biome finds them by the options in `biome.json`, also where the rule is off there.
 *
 * @throws Error when Biome did not run
 */
export function circlesIn(root: string): string[] {
  const rule = 'suspicious/noImportCycles';
  const options = [`--only=${rule}`, '--reporter=json', '--max-diagnostics=none'];
  const run = spawnSync('biome', ['lint', ...options, '.'], { cwd: root, encoding: 'utf8' });
  if (run.error || !run.stdout) throw run.error ?? new Error(`Biome did not run: ${run.stderr}`);
  const { diagnostics } = JSON.parse(run.stdout) as Report;
  return diagnostics
    .filter(({ category }) => category === `lint/${rule}`)
    .map(({ location }) => `${location.path}:${location.start.line}`);
}

/** One sentence about all circles of a folder: a single import can close a circle of fifty. */
export function circleProblems(folder: string, places: readonly string[]): string[] {
  const shown = 12;
  const first = places.slice(0, shown).map((place) => place.replace(`${folder}/`, ''));
  const more = places.length > shown ? ` and ${places.length - shown} more` : '';
  if (first.length === 0) return [];
  return [`${folder} imports in a circle: ${first.join(', ')}${more}`];
}
