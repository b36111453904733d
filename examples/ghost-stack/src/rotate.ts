// Lists the stack's own secrets, or takes one step of their change and has `setup.ts` hand them on:
//   docker compose run --rm setup node /setup/rotate.ts list | begin NAME… | switch NAME… | end NAME…
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { afterStep, readKeptSecret, type Step, writeKeptSecret } from './kept-secret.ts';
import { GENERATED } from './secrets.ts';

const STEPS: readonly string[] = ['begin', 'switch', 'end'] satisfies Step[];
const fileOf = (name: string) => path.join('/volumes/generated', name);

const isKnown = (name: string) => GENERATED.some((known) => known === name);

const [, , step = '', ...names] = process.argv;
if (step === 'list') {
  const states = GENERATED.map((name) => ({
    name,
    since: statSync(fileOf(name)).mtime.toISOString(),
    isChanging: readKeptSecret(fileOf(name)).other !== undefined,
  }));
  console.log(JSON.stringify(states));
} else if (STEPS.includes(step) && names.length > 0 && names.every(isKnown)) {
  const make = () => randomBytes(24).toString('base64url');
  for (const name of names) {
    const former = readKeptSecret(fileOf(name));
    const next = afterStep(former, step as Step, make);
    if (next !== former) writeKeptSecret(fileOf(name), next);
  }
  await import('./setup.ts');
} else {
  throw new Error('Give a step and the names of secrets.');
}
