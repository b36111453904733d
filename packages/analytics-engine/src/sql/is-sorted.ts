import { COMMENT, QUOTED } from './sql-references.ts';

const TOKEN = new RegExp(
  `${QUOTED}|${COMMENT}|[()]|\\b(?:(order\\s+by)|(union|intersect|except))\\b`,
  'gi',
);

/**
 * Whether a query sorts all of its rows: it has ORDER BY outside of any bracket, and no UNION or the like,
 * of which ORDER BY sorts only the last part.
 */
export function isSorted(sql: string): boolean {
  let depth = 0;
  let isFound = false;
  for (const [token, orderBy, joinsRows] of sql.matchAll(TOKEN)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (depth === 0 && joinsRows !== undefined) return false;
    else if (depth === 0 && orderBy !== undefined) isFound = true;
  }
  return isFound;
}
