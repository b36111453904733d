import type { ProsoraError } from '@prosora/service';
import { card, type Html, html, notice, type Problem } from '@prosora/service/look';
import { PARTS } from './parts.ts';

/** What a part said, or why nothing of it can be shown. */
export type Answer<Value> =
  | { value: Value; problem?: undefined }
  | { value?: undefined; problem: Problem };

/** What can be asked: the parts, and what keeps their metrics. */
const ASKED = { ...PARTS, metrics: { name: 'The store of metrics', service: 'metrics' } };

/**
 * Waits for what a part says. That it does not answer, or refuses, is something to show; only what is a fault of the
 * console itself is thrown on.
 */
export async function answerOf<Value>(
  part: keyof typeof ASKED,
  asked: Promise<Value>,
): Promise<Answer<Value>> {
  try {
    return { value: await asked };
  } catch (error) {
    return { problem: problemOf(part, error) };
  }
}

/** What a part said, or in its place the sentence that says why it is not there. */
export function orNotice<Value>(
  { value, problem }: Answer<Value>,
  shown: (value: Value) => Html,
): Html {
  return problem ? notice(problem) : shown(value);
}

/** The same as a card; nothing where nobody asked. */
export function answerCard<Value>(
  title: string,
  answer: Answer<Value> | undefined,
  shown: (value: Value) => Html,
): Html {
  return answer === undefined ? html`` : card(title, orNotice(answer, shown));
}

/** The same as all that a page has: what could not be had decides its status too. */
export function onlyOf<Value>(answer: Answer<Value>, shown: (value: Value) => Html) {
  return { body: orNotice(answer, shown), problem: answer.problem };
}

/**
 * What to say of an error that a part was asked into.
 *
 * @throws the error itself when it is none of an operator API
 */
export function problemOf(part: keyof typeof ASKED, error: unknown): Problem {
  const { code, message, help } = error as ProsoraError;
  // What Node throws has codes too, as `ERR_INVALID_URL`, but no field for help.
  if (typeof code !== 'string' || !('help' in (error as object))) throw error;
  const { name, service } = ASKED[part];
  const why = `\`./prosora logs ${service}\` says why.`;
  if (code === 'NOT_RUNNING') return { code, message: `${name} does not run.`, help: why };
  if (code === 'UNANSWERED') return { code, message: `${name} does not answer.`, help: why };
  if (code === 'UNAUTHORIZED' || code === 'FORBIDDEN') {
    const again = '`./prosora up` gives both the same token again.';
    return { code, message: `${name} does not take the console's token.`, help: again };
  }
  // What Node said to the service is no sentence.
  if (code === 'UNEXPECTED' || /^E(RR_|[A-Z]+$)/.test(code)) {
    return { code: 'UNEXPECTED', message: `${name} could not do that.`, help: why };
  }
  return { code, message, help };
}

/** The status of a page that shows this: 400 for a filter that is wrong, 404 for what is not there, else 200. */
export function statusOf(problem: Problem | undefined): 200 | 400 | 404 {
  if (problem?.code === 'USAGE') return 400;
  return problem?.code === 'NOT_FOUND' ? 404 : 200;
}
