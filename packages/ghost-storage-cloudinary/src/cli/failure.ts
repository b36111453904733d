import { type Finding, fail } from '@prosora/service';

/** A failure as what a doctor found. */
export function failureOf(name: string, error: unknown): Finding {
  if (!(error instanceof Error)) return fail(name, String(error));
  const { message, help } = error as Error & { help?: unknown };
  return fail(name, message, typeof help === 'string' ? help : undefined);
}

/** The same as a line for a person. */
export function sentenceOf(error: unknown): string {
  const { sentence, remedy } = failureOf('', error);
  return [sentence, remedy].filter(Boolean).join(' ');
}
