import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BundledPackage } from './bundled-packages.ts';

const OWN_LICENCE = new URL('../../LICENSE', import.meta.url);

/**
 * The text that goes with a bundle: each package in it, with the licence that the package itself carries.
 *
 * @throws Error for a package that carries no licence text and is not under MIT
 */
export function noticesOf(name: string, packages: readonly BundledPackage[]): string {
  const head = `${name} is under the MIT licence, in the file LICENSE.`;
  if (packages.length === 0) return `${head} It contains no code of other packages.\n`;
  const about = `${head} Its bundled files contain code of the ${packages.length} packages below.`;
  return `${[about, ...packages.map(noticeOf)].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function noticeOf({ dir, manifest }: BundledPackage): string {
  const { name, version, license, homepage } = manifest;
  const title = [`${name} ${version} (${license})`, homepage].filter(Boolean).join('\n');
  const texts = readdirSync(dir)
    .filter((file) => /^(un)?(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(path.join(dir, file), 'utf8').trim());
  if (texts.length > 0) return [title, ...texts].join('\n\n');
  if (license === 'MIT')
    return `${title}\n\nThe package carries no text of its licence, which reads:\n\n${mit()}`;
  throw new Error(
    `${name} ${version} is bundled and carries no licence text. Find it and add it to scripts/licences.`,
  );
}

/** The words of the MIT licence, without who holds the copyright of ours. */
const mit = () =>
  readFileSync(OWN_LICENCE, 'utf8')
    .replace(/^Copyright.*\n\n/m, '')
    .trim();
