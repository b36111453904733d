import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { needsQuiet } from './needs-quiet.ts';

// There as long as a second stack is tested beside this one (examples/ghost-stack/test/run.ts).
const beside = process.env['PROSORA_STACK_BESIDE'];
if (beside !== undefined && needsQuiet(expect.getState().testPath ?? '')) {
  while (existsSync(beside)) await delay(500);
}
