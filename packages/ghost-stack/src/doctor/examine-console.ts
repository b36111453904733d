import { type Finding, judge } from '@prosora/service';

/**
 * What authors write runs in readers' browsers at the site's address, so also in that of whoever reads the console, where
 * it is at the same.
 */
export function* examineConsole(of: (name: string) => string): Generator<Finding> {
  if (of('CONSOLE') === 'off') return;
  yield judge('console', of('ADMIN_DOMAIN') !== '', {
    ok: 'It is at a domain of its own, as Ghost Admin is.',
    warn: 'It is at the site’s own domain, where a script in an author’s post can act as the administrator who reads the post.',
    remedy: 'Set ADMIN_DOMAIN where not every author is trusted with that.',
  });
}
