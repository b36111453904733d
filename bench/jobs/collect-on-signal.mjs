// Runs in Ghost's process: at SIGUSR2 it collects all garbage, then writes down the resident memory, in bytes.
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', async () => {
  for (let turn = 0; turn < 4; turn += 1) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await sleep(250);
  }
  const file = String(process.env['BENCH_COLLECTED']);
  writeFileSync(`${file}.tmp`, `${process.memoryUsage.rss()}`);
  renameSync(`${file}.tmp`, file);
});
