import { chownSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** A secret between two services of the stack, as its file in the volume of the generated ones has it. */
export interface KeptSecret {
  /** What whoever calls shows. */
  value: string;
  /** While it changes: another that whoever is called takes as well, the next one or the former one. */
  other?: { value: string; is: 'next' | 'former' };
}

const MARKS = { '+': 'next', '-': 'former' } as const;

/** Reads the file's two lines: what is shown, and behind its mark what is taken too. */
export function readKeptSecret(file: string): KeptSecret {
  const [value = '', line = ''] = readFileSync(file, 'utf8').split('\n');
  const is = MARKS[line[0] as keyof typeof MARKS];
  return is ? { value, other: { value: line.slice(1), is } } : { value };
}

/** Whole or not at all, so that a step of a change is done or not. */
export function writeKeptSecret(file: string, { value, other }: KeptSecret): void {
  const mark = other?.is === 'next' ? '+' : '-';
  replaceFile(file, other ? `${value}\n${mark}${other.value}` : value);
}

/** Replaces a file that only its owner reads: a service may be reading the former one. */
export function replaceFile(
  file: string,
  text: string,
  uid = process.getuid?.() ?? 0,
  gid = process.getgid?.() ?? 0,
): void {
  const draft = `${file}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o400, flush: true });
  chownSync(draft, uid, gid);
  renameSync(draft, file);
}

/** The step of a change that follows: to take both, to show the new one, to take that alone. */
export type Step = 'begin' | 'switch' | 'end';

/** A secret after a step; as it is where that step was taken before. `make` draws the new one. */
export function afterStep(secret: KeptSecret, step: Step, make: () => string): KeptSecret {
  const { value, other } = secret;
  if (step === 'begin') return other ? secret : { value, other: { value: make(), is: 'next' } };
  if (step === 'end') return other?.is === 'next' ? secret : { value };
  if (other?.is !== 'next') return secret;
  return { value: other.value, other: { value, is: 'former' } };
}
