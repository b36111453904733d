import { type Finding, fail } from '@prosora/service';

/** A failure as a line for a person, its remedy included. */
export function sentenceOf(error: unknown): string {
  const { message, help } = said(error);
  return [message, help].filter(Boolean).join(' ');
}

/** A failure as what a doctor found. */
export function failureOf(name: string, error: unknown): Finding {
  const { message, help } = said(error);
  return fail(name, message, help);
}

function said(error: unknown): { message: string; help?: string | undefined } {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, help } = error as Error & { help?: unknown };
  return { message, help: typeof help === 'string' ? help : undefined };
}
