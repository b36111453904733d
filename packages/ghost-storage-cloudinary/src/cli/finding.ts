/** What an examination found, one sentence that says what to do. */
export interface Finding {
  what: string;
  /** A `problem` breaks something now; a `warning` may be meant. */
  status: 'ok' | 'warning' | 'problem';
  sentence: string;
}

export const ok = (what: string, sentence: string): Finding => ({ what, status: 'ok', sentence });
export const warning = (what: string, sentence: string): Finding => {
  return { what, status: 'warning', sentence };
};
export const problem = (what: string, sentence: string): Finding => {
  return { what, status: 'problem', sentence };
};

const MARKS = { ok: '✔', warning: '!', problem: '✘' } as const;

/** A finding as a line for a person. */
export function findingLine({ what, status, sentence }: Finding): string {
  return `${MARKS[status]} ${what}: ${sentence}`;
}
