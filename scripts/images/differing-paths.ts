/** The places at which two values of JSON differ, such as `services.mail.image`. */
export function pathsThatDiffer(one: unknown, other: unknown, at: string[] = []): string[] {
  if (!isObject(one) || !isObject(other)) return one === other ? [] : [at.join('.')];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].flatMap((name) => pathsThatDiffer(one[name], other[name], [...at, name]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
