import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ProsoraError, verb } from '@prosora/service';
import { hideAll, hiderOf } from '../logs/hide.ts';
import { stackOptions } from '../options.ts';
import { assertInReach } from '../stack/in-reach.ts';

/** What goes into it, each by a verb of this command. */
const PARTS = {
  'version.json': ['version', '--json'],
  'config.json': ['config', '--json'],
  'status.json': ['status', '--json'],
  'doctor.json': ['doctor', '--json'],
  'secrets.json': ['secrets', 'list', '--json'],
  'logs.txt': ['logs', '--since', '24h'],
} as const;
const pack = promisify(execFile);
const MOST_BYTES = 64 * 2 ** 20;

export const support = verb({
  help: 'Packs what a helper needs, without secrets and addresses',
  args: '[file]',
  needs: stackOptions,
  async run({ args: [file], options: { dir }, print, show }) {
    const day = new Date().toISOString().slice(0, 10);
    const target = resolve(dir, file ?? `prosora-support-${day}.tar.gz`);
    assertInReach(dir, target);
    const folder = mkdtempSync(join(tmpdir(), 'prosora-support-'));
    try {
      const hide = hiderOf(dir);
      for (const [name, words] of Object.entries(PARTS)) {
        print(`prosora ${words.join(' ')}`);
        const self = [...process.execArgv, process.argv[1] ?? '', ...words];
        const text = await printedBy(self, dir);
        writeFileSync(join(folder, name), hideAll(hide(text)));
      }
      await pack('tar', ['-czf', target, '-C', folder, ...Object.keys(PARTS)]).catch(
        (cause: { stderr: string }) => {
          const sentence = `${target} cannot be written: ${cause.stderr.trim()}`;
          throw new ProsoraError('SUPPORT', sentence, {
            help: 'Name a file in this folder.',
            cause,
          });
        },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    show({ file: target }, () => `${target} is made. Look into it before you send it.`);
    return 0;
  },
});

/** Of what fails too: why it does is what somebody wants to know. */
function printedBy(words: string[], dir: string): Promise<string> {
  const env = { ...process.env, PROSORA_STACK_DIR: dir };
  const options = { cwd: dir, env, maxBuffer: MOST_BYTES };
  return new Promise((done) => {
    execFile(process.execPath, words, options, (_error, stdout, stderr) => done(stdout + stderr));
  });
}
