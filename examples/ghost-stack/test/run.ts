// npm run test:stack: builds the stack's images, brings it up in containers and tests it.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (status !== 0) process.exit(status ?? 1);
}

const engine = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], {
  encoding: 'utf8',
});
if (engine.status !== 0) {
  console.error(
    'npm run test:stack needs a Docker engine, and none answers: start it and try again.',
  );
  process.exit(1);
}
run(process.execPath, ['scripts/run-tests.ts', '--project', 'stack', ...process.argv.slice(2)], {
  PROSORA_STACK: process.env['PROSORA_STACK'] ?? 'test',
});
