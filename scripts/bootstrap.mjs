// Plain JavaScript: it runs on whatever Node the machine has, before ours is installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// A platform for which no package of the lock brings Node, which is told before anything is downloaded.
const bringsNode = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
if (!bringsNode && Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Prosora needs Node 24 or newer and this is ${process.version}. ` +
      'On Linux x64 and arm64 it brings its own; here, install it from nodejs.org and run this again.',
  );
  process.exit(1);
}

const root = new URL('..', import.meta.url);
const stampFile = new URL('node_modules/.prosora-lock', root);
const lock = createHash('sha256')
  .update(readFileSync(new URL('package-lock.json', root)))
  .digest('hex');

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== lock) {
  console.log('Installing dependencies (npm ci) …');
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: 'inherit',
    });
  } catch {
    console.error('npm ci failed: the lines above say why. Run the same command again to retry.');
    process.exit(1);
  }
  writeFileSync(stampFile, lock);
}
