/** What a setting has to be: one of some values, or of a form. */
export type Rule = { names: string[] } & ({ values: string[] } | { form: string; wanted: string });

/**
 * What is wrong with settings, a sentence each with its remedy. What is empty is not judged, and nothing of an address
 * is shown, which may have a password in it.
 *
 * @param rules those of `choices/rules.json`, which the command `prosora` reads too
 */
export function ruleProblems(
  env: Record<string, string | undefined>,
  rules: readonly Rule[],
): string[] {
  return rules.flatMap((rule) =>
    rule.names.flatMap((name) => {
      const value = env[name]?.trim() ?? '';
      if (value === '' || isRight(rule, value)) return [];
      const wanted = 'values' in rule ? `use ${rule.values.join(', ')}` : rule.wanted;
      const shown = name.endsWith('_URL') ? '' : ` "${value}"`;
      return [`${name}${shown} is not what it should be: ${wanted}.`];
    }),
  );
}

/** What looks like an address has to be one, too. */
function isRight(rule: Rule, value: string): boolean {
  if ('values' in rule) return rule.values.includes(value);
  return new RegExp(rule.form).test(value) && (!value.includes('://') || URL.canParse(value));
}
