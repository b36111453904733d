import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { servicePorts } from './services.ts';
import { ROOT, type Settings } from './settings.ts';

const GIB = 2 ** 30;
// Ghost with its dependencies takes 1.1 GB while pnpm links it, the site and the pictures little.
const ROOM_FOR_GHOST_BYTES = 2 * GIB;
const ROOM_TO_RUN_BYTES = 0.25 * GIB;

/**
 * Looks at what would stop the run halfway: taken ports and too little disk.
 *
 * @throws Error with one sentence that says what to do.
 */
export async function checkMachine({ port, sandboxPort, dir }: Settings): Promise<void> {
  await expectFreePort(port, 'PROSORA_LOCAL_PORT');
  const services = Object.values(servicePorts({ sandboxPort })).flatMap(Object.values);
  const taken = [0, 1, 2, 3, 4, 5].map((standIn) => sandboxPort + standIn);
  for (const each of [...taken, ...services]) {
    await expectFreePort(each, 'PROSORA_LOCAL_SANDBOX_PORT');
  }
  await mkdir(dir, { recursive: true });
  const needed = existsSync(path.join(ROOT, '.prosora/ghost'))
    ? ROOM_TO_RUN_BYTES
    : ROOM_FOR_GHOST_BYTES;
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < needed) {
    const gib = (bytes: number) => (bytes / GIB).toFixed(2);
    throw new Error(
      `The disk that holds ${dir} has ${gib(bavail * bsize)} GiB left and ${gib(needed)} are needed: free some, ` +
        'or point PROSORA_LOCAL_DIR at another disk.',
    );
  }
}

async function expectFreePort(port: number, variable: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', () =>
      reject(
        new Error(
          `Port ${port} is taken: stop the program that has it, or set ${variable} to another.`,
        ),
      ),
    );
    probe.listen(port, 'localhost', () => probe.close(() => resolve()));
  });
}

/** One sentence for a failure that has a known cause outside our code, otherwise its own message. */
export function sentenceFor(error: unknown): string {
  const { code, message, help } = error as NodeJS.ErrnoException & { help?: string };
  if (code === 'ENOSPC') return 'The disk is full: free some space and run npm start again.';
  return help ? `${message} ${help}` : message;
}
