import { statSync } from 'node:fs';
import { join } from 'node:path';
import { compose } from '../stack/compose.ts';

const FILES = ['.env', 'docker-compose.yml'];

/** What Compose makes of the stack's files. */
interface Config {
  services: Record<string, { scale?: number; restart?: string }>;
}

/** Those that have to run: chosen, and none that ends by itself. */
export function partsIn({ services }: Config): string[] {
  return Object.entries(services)
    .filter(([, { scale, restart }]) => scale !== 0 && restart !== 'no')
    .map(([name]) => name);
}

/**
 * The parts that the stack should have, so that one without any container is missed. Compose is asked once, and again
 * when one of the stack's files has changed: it takes a moment of a processor and the memory of a command.
 */
export function keepWantedParts(folder: string): () => Promise<readonly string[]> {
  let known: { of: string; parts: readonly string[] } | undefined;
  return async () => {
    const of = FILES.map(
      (file) => statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    ).join();
    if (known?.of !== of) {
      const former = known?.parts ?? [];
      // Settings that Compose refuses do not make those unknown that run.
      const parts = await compose(folder, ['config', '--format', 'json']).then(
        (config) => partsIn(JSON.parse(config) as Config),
        () => former,
      );
      known = { of, parts };
    }
    return known.parts;
  };
}
