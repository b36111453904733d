import { fileURLToPath } from 'node:url';
import { type MeasuredServer, startServer } from './server.ts';

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** The package, whose build makes of the command one file. */
export const PACKAGE = at('../../packages/ghost-analytics-tinybird');
/** What the collector sends with. */
export const TRACKER_TOKEN = 'tracker-token-of-the-bench';

/** Starts the collector as users run it, on one core, with its data in a folder. */
export async function startCollector(dir: string, upstream: string): Promise<MeasuredServer> {
  return await startServer(`${PACKAGE}/dist/cli.js`, {
    TINYBIRD_HOST: upstream,
    TINYBIRD_TRACKER_TOKEN: TRACKER_TOKEN,
    PROSORA_COLLECTOR_DATA_DIR: dir,
    PROSORA_COLLECTOR_PORT: '0',
    PROSORA_COLLECTOR_PRIVATE_PORT: '0',
    PROSORA_COLLECTOR_MAX_SPOOL_BYTES: String(20 * 2 ** 30),
  });
}
