import type { Options } from '../options/options.ts';
import { type Flags, type Verb, type VerbCall, type VerbDefinition, verb } from './verb.ts';

/** One thing that a doctor looked at. */
export interface Finding {
  /** What was looked at, in a word or three. */
  name: string;
  /** `fail` breaks something now; `warn` may be meant. */
  status: 'ok' | 'warn' | 'fail';
  /** What is so, as a sentence. */
  sentence: string;
  /** What to do about it, as a sentence. */
  remedy?: string | undefined;
}

export const ok = (name: string, sentence: string): Finding => ({ name, status: 'ok', sentence });
export const warn = (name: string, sentence: string, remedy?: string): Finding => ({
  name,
  status: 'warn',
  sentence,
  remedy,
});
export const fail = (name: string, sentence: string, remedy?: string): Finding => ({
  name,
  status: 'fail',
  sentence,
  remedy,
});

/** What is said of what is looked at: in the good case, and in the bad one with its remedy. */
export type Verdict = { ok: string; remedy?: string } & ({ warn: string } | { fail: string });

/** The finding of a look that ends well or does not. */
export function judge(name: string, isWell: boolean, said: Verdict): Finding {
  if (isWell) return ok(name, said.ok);
  return 'fail' in said ? fail(name, said.fail, said.remedy) : warn(name, said.warn, said.remedy);
}

const MARKS = { ok: '✔', warn: '!', fail: '✘' } as const;

/** A finding as a line for a person. */
export function findingLine({ name, status, sentence, remedy }: Finding): string {
  return `${MARKS[status]} ${name}: ${[sentence, remedy].filter(Boolean).join(' ')}`;
}

/** A doctor's verb: `examine` yields what it finds, and finds all there is. */
export interface DoctorDefinition<O extends Options, F extends Flags>
  extends Omit<VerbDefinition<O, F>, 'run'> {
  examine(call: VerbCall<O, F>): AsyncIterable<Finding> | Iterable<Finding>;
}

/** Makes the verb `doctor`: each finding is a line as soon as it is there; the exit code is 1 when one fails. */
export function doctorVerb<
  const O extends Options = Record<never, never>,
  const F extends Flags = Record<never, never>,
>({ examine, ...definition }: DoctorDefinition<O, F>): Verb {
  return verb<O, F>({
    ...definition,
    async run(call) {
      const findings: Finding[] = [];
      for await (const finding of examine(call)) {
        findings.push(finding);
        call.print(findingLine(finding));
      }
      // A person has read them by now.
      call.show(findings, () => []);
      return findings.some(({ status }) => status === 'fail') ? 1 : 0;
    },
  });
}
