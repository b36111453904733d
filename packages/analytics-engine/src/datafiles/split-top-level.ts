/** The parts of a list at its commas, leaving those inside brackets, quotes and backticks alone. */
export function splitTopLevel(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const match of list.matchAll(/'(?:[^'\\]|\\.)*'|`[^`]*`|"[^"]*"|[()[\]{},]/g)) {
    if ('([{'.includes(match[0])) depth += 1;
    else if (')]}'.includes(match[0])) depth -= 1;
    else if (match[0] === ',' && depth === 0) {
      parts.push(list.slice(start, match.index));
      start = match.index + 1;
    }
  }
  parts.push(list.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}
