import { ProsoraError } from '@prosora/service';

/** Asks the command something, by its words, and resolves with what it answers. */
export type Ask = (words: readonly string[]) => Promise<unknown>;

/** Whoever comes after so many would wait longer than anybody does. */
const MOST_WAITING = 8;

/**
 * Asks one question after the other, since each is a container of its own, and the machine may be small. Who asks what is
 * being asked gets the same answer.
 *
 * @throws ProsoraError `REFUSED` for one question too many, and what `ask` throws
 */
export function askInTurn(ask: Ask): Ask {
  const underWay = new Map<string, Promise<unknown>>();
  let last: Promise<unknown> = Promise.resolve();
  return async (words) => {
    const question = JSON.stringify(words);
    const known = underWay.get(question);
    if (known !== undefined) return await known;
    if (underWay.size >= MOST_WAITING) {
      throw new ProsoraError('REFUSED', 'Too much is asked at once.', {
        help: 'Ask again in a minute.',
      });
    }
    const answer = last.then(() => ask(words)).finally(() => underWay.delete(question));
    underWay.set(question, answer);
    last = answer.catch(() => {});
    return await answer;
  };
}
