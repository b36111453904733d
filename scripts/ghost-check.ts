// npm run ghost:check [-- VERSION | --write]: boots a Ghost and says what it asks that the known one does not.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { GHOST_VERSION, installGhost } from '@prosora/ghost-local';
import { portraitOf } from './ghost-check/portrait.ts';

const KNOWN = path.join(import.meta.dirname, 'ghost-check/known.txt');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean' } },
});
const [asked = GHOST_VERSION] = positionals;
const version = /^\d/.test(asked) ? asked : newest(asked);

/** The version that a tag of npm names, such as `latest`. */
function newest(tag: string): string {
  const words = ['view', `ghost@${tag}`, 'version'];
  return execFileSync('npm', words, { encoding: 'utf8' }).trim();
}

const install = await installGhost({ version, onProgress: (line) => console.log(line) });
const found = await portraitOf(install);
if (values.write) {
  writeFileSync(KNOWN, [`Ghost ${version}`, ...found, ''].join('\n'));
} else {
  const [title, ...known] = readFileSync(KNOWN, 'utf8').trim().split('\n');
  const added = found.filter((line) => !known.includes(line));
  const gone = known.filter((line) => !found.includes(line));
  console.log(`Ghost ${version} beside what is known of ${title}: ${found.length} lines`);
  for (const line of added) console.log(`+ ${line}`);
  for (const line of gone) console.log(`- ${line}`);
  if (added.length + gone.length === 0) console.log('It asks and brings the same.');
  // What Ghost no longer asks breaks nothing.
  process.exitCode = added.length > 0 ? 1 : 0;
}
