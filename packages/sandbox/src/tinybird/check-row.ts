import type { Column } from './datafile.ts';

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i;

/** Why a row goes to quarantine, `undefined` when it is taken. */
export function whyQuarantined(row: unknown, columns: readonly Column[]): string | undefined {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'not a JSON object';
  for (const { name, type, path, hasDefault } of columns) {
    if (!path) continue;
    const value = path.reduce<unknown>(
      (inner, key) => (inner as Record<string, unknown> | undefined)?.[key],
      row,
    );
    if (value === undefined || value === null) {
      if (hasDefault || type.startsWith('Nullable')) continue;
      return `${name} is missing`;
    }
    if (!fits(value, type.replace(/^(?:Nullable|LowCardinality)\(|\)$/g, ''))) {
      return `${name} is no ${type}`;
    }
  }
  return undefined;
}

function fits(value: unknown, type: string): boolean {
  if (type === 'UUID') return UUID.test(String(value));
  if (type.startsWith('Date')) return !Number.isNaN(Date.parse(String(value)));
  if (/^U?Int|^Float|^Decimal/.test(type)) return value !== '' && !Number.isNaN(Number(value));
  return true;
}
