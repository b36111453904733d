import type { TagLook } from './newest-images.ts';

/** What is done with an image that is newer: taken once it was tried out, told, or nothing. */
export type Policy = 'auto' | 'notify' | 'pin';

/** A newer image, and what becomes of it. */
export interface Decision {
  look: TagLook;
  isTaken: boolean;
  /** A sentence for the table. */
  why: string;
}

/** These never take a new major version by themselves: https://docs.ghost.org/update-major-version */
const CAREFUL = ['ghost', 'mysql'];

/** What is known of earlier updates. */
export interface Earlier {
  /** Digests that were taken and given back, or failed where nobody sees it. */
  refused: ReadonlySet<string>;
}

/**
 * Decides on each image that is newer, or that no registry knows.
 *
 * @param policies in the words of `UPDATES`: `notify`, or `auto ghost=notify mysql=pin`
 * @param isAsked a person asked for it, who is not held up by `notify` and by what failed before
 */
export function decide(
  looks: readonly TagLook[],
  policies: string,
  { refused }: Earlier,
  isAsked: boolean,
): Decision[] {
  const policyOf = policiesIn(policies);
  return looks.flatMap((look): Decision[] => {
    const not = (why: string): Decision[] => [{ look, isTaken: false, why }];
    if (look.digest === undefined) return not('No registry says whether there is a newer one.');
    if (!look.isNewer) return [];
    if (look.isForeign) return not('It is for another kind of processor.');
    if (look.isPinned) return not('It is pinned to a digest.');
    const policy = policyOf(look.name);
    if (policy === 'pin') return not('UPDATES pins it.');
    if (isAsked) return [{ look, isTaken: true, why: 'You asked for it.' }];
    if (policy === 'notify') return not('`prosora update` takes it.');
    if (refused.has(look.digest)) return not('It failed here before: `prosora history` says how.');
    if (CAREFUL.includes(look.name) && majorOf(look.runs) !== majorOf(look.newest)) {
      return not('A new major version is taken by a person alone: `prosora update`.');
    }
    return [{ look, isTaken: true, why: 'UPDATES takes it.' }];
  });
}

const majorOf = (version: string): string => version.split('.')[0] ?? '';

/** Reads `UPDATES`; without a word for all of them nothing is taken, and people are told. */
export function policiesIn(text: string): (name: string) => Policy {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const all = words.find((word): word is Policy => /^(auto|notify|pin)$/.test(word)) ?? 'notify';
  const own = new Map(words.filter((word) => word.includes('=')).map((word) => pairOf(word)));
  return (name) => own.get(name) ?? all;
}

function pairOf(word: string): [name: string, policy: Policy] {
  const [name = '', policy] = word.split('=');
  return [name, policy as Policy];
}
