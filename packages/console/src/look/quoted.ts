/** A word of a line that somebody may copy to a shell, which is to see nothing in it but the word. */
export function quoted(word: string): string {
  return /^[\w.,:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
