/** The sentence for a key that no option has, with the option that was probably meant. */
export function unknownKeyProblem(key: string, known: readonly string[]): string {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');
  const ranked = known
    .map((name) => ({ name, distance: editDistance(plain(key), plain(name)) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const isClose = best && best.distance <= Math.max(2, key.length / 3);
  const hint = isClose ? `did you mean "${best.name}"?` : `the options are ${known.join(', ')}.`;
  return `${JSON.stringify(key)} is not an option: ${hint}`;
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + Number(letter !== other);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
