import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The volumes of services that refuse to begin with an empty store, and the file that each keeps. */
const STORES = { mail: 'mail.db', webhooks: 'inbox.db' } as const;

/** What such a service looks for beside a store that is not there yet, and takes away. */
const PERMIT = 'new-store';

/**
 * Lets each such service make its store at the first start of the stack, and never again: a volume that is not
 * mounted or was deleted would otherwise be replaced by an empty one without a word.
 *
 * What was permitted is remembered in the folder `generated`, a volume of its own. Returns the services whose
 * permit was given now.
 */
export function permitStores(folders: { generated: string; data: string }): string[] {
  const remembered = path.join(folders.generated, 'stores');
  mkdirSync(remembered, { recursive: true, mode: 0o700 });
  const permitted: string[] = [];
  for (const [service, file] of Object.entries(STORES)) {
    const memory = path.join(remembered, service);
    if (existsSync(memory)) continue;
    const folder = path.join(folders.data, service);
    if (!existsSync(path.join(folder, file))) {
      // Before it is remembered: a setup that ends in between permits it again.
      writeFileSync(path.join(folder, PERMIT), '', { mode: 0o600, flush: true });
      permitted.push(service);
    }
    writeFileSync(memory, '', { mode: 0o600, flush: true });
  }
  return permitted;
}
