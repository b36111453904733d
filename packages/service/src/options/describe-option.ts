import * as z from 'zod/v4/core';
import type { Option } from './options.ts';

/** An option as help and documentation show it. */
export interface OptionDescription {
  /** `required`, `unset`, what applies instead in words, or the default itself. */
  standing: string;
  /** Whether `standing` is a value that could be typed. */
  isValue: boolean;
  /** Of such a value. */
  unit?: string | undefined;
  /** Its description, with an example and whether it is a secret. */
  meaning: string;
}

/** Describes an option, which need not have a variable: as the keys of a block in Ghost's config. */
export function describeOption(option: Omit<Option, 'env'>): OptionDescription {
  const { description, example, secret } = option;
  const shown = example === undefined ? '' : ` Example: \`${example}\`.`;
  const meaning = `${description}${shown}${secret ? ' Secret.' : ''}`;
  return { ...standingOf(option), meaning };
}

function standingOf({
  schema,
  defaultText,
  unit,
}: Omit<Option, 'env'>): Omit<OptionDescription, 'meaning'> {
  if (defaultText !== undefined) return { standing: defaultText, isValue: false };
  const unset = z.safeParse(schema, undefined);
  if (!unset.success) return { standing: 'required', isValue: false };
  const { data } = unset;
  if (data === undefined) return { standing: 'unset', isValue: false };
  return { standing: typeof data === 'string' ? data : JSON.stringify(data), isValue: true, unit };
}
