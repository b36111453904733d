import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StorageFile } from 'ghost-storage-base';

/** An adapter in a process of its own. */
export interface Uploader extends AsyncDisposable {
  save(file: StorageFile, folder: string): Promise<string>;
}

/** Starts one with a block of Ghost's config. */
export async function spawnUploader(config: object): Promise<Uploader> {
  const script = join(import.meta.dirname, 'fixtures/uploader.ts');
  const child = fork(script, [JSON.stringify(config)], {
    execArgv: ['--conditions=@prosora/source'],
  });
  await once(child, 'message');
  const waiting = new Map<number, PromiseWithResolvers<string>>();
  child.on('message', ({ id, url, error }: { id: number; url?: string; error?: string }) => {
    if (url === undefined) waiting.get(id)?.reject(new Error(error));
    else waiting.get(id)?.resolve(url);
  });
  let calls = 0;
  return {
    save(file, folder) {
      calls += 1;
      const answer = Promise.withResolvers<string>();
      waiting.set(calls, answer);
      child.send({ id: calls, file, folder });
      return answer.promise;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, 'exit');
    },
  };
}
