// Lists the stack's own secrets, or takes one step of the change of one and has `setup.ts` hand them on:
//   docker compose run --rm setup node /setup/rotate.ts list | begin NAME | switch NAME | end NAME
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { afterStep, readKeptSecret, type Step, writeKeptSecret } from './kept-secret.ts';
import { GENERATED } from './secrets.ts';

const STEPS: readonly string[] = ['begin', 'switch', 'end'] satisfies Step[];
const fileOf = (name: string) => path.join('/volumes/generated', name);

const [, , step = '', name = ''] = process.argv;
if (step === 'list') {
  const states = GENERATED.map((known) => ({
    name: known,
    since: statSync(fileOf(known)).mtime.toISOString(),
    isChanging: readKeptSecret(fileOf(known)).other !== undefined,
  }));
  console.log(JSON.stringify(states));
} else if (STEPS.includes(step) && GENERATED.some((known) => known === name)) {
  const make = () => randomBytes(24).toString('base64url');
  const former = readKeptSecret(fileOf(name));
  const next = afterStep(former, step as Step, make);
  if (next !== former) writeKeptSecret(fileOf(name), next);
  await import('./setup.ts');
} else {
  throw new Error('Give a step and the name of a secret.');
}
