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
  remedy?: string;
}

export const ok = (name: string, sentence: string): Finding => ({ name, status: 'ok', sentence });
export const warn = (name: string, sentence: string, remedy?: string): Finding =>
  withRemedy({ name, status: 'warn', sentence }, remedy);
export const fail = (name: string, sentence: string, remedy?: string): Finding =>
  withRemedy({ name, status: 'fail', sentence }, remedy);

const withRemedy = (finding: Finding, remedy: string | undefined): Finding =>
  remedy === undefined ? finding : { ...finding, remedy };

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
