/**
 * Runs in a process of its own, in a site's folder: makes that site's database ready with the class that
 * Ghost's `core/boot.js` makes it ready with, and ends before Ghost would write its settings.
 */
import { createRequire } from 'node:module';

interface DatabaseStateManager {
  makeReady(): Promise<void>;
}

// As Ghost is started by us: `NODE_ENV` names the file of its configuration, and a variable with a
// double underscore would be taken for a part of it.
process.env['NODE_ENV'] = 'development';
for (const name of Object.keys(process.env)) if (name.includes('__')) delete process.env[name];

const ghostDir = `${process.cwd()}/current`;
const requireFromGhost = createRequire(`${ghostDir}/index.js`);
requireFromGhost('./core/server/overrides');
const StateManager: new (options: { knexMigratorFilePath: string }) => DatabaseStateManager =
  requireFromGhost('./core/server/data/db/database-state-manager');

await new StateManager({ knexMigratorFilePath: ghostDir }).makeReady();
// Ghost's pool of connections would keep the process.
process.exit(0);
