import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectSandbox, type RemoteStandIn } from '@prosora/sandbox';

const CLI = fileURLToPath(import.meta.resolve('../../packages/sandbox/src/cli.ts'));

/** The folder of the adapter. */
export const PACKAGE = fileURLToPath(
  import.meta.resolve('../../packages/ghost-storage-cloudinary'),
);

/** A stand-in of Cloudinary in a process of its own, so that its work is not taken for ours. */
export interface CloudinaryProcess
  extends Pick<RemoteStandIn, 'faults' | 'requests'>,
    AsyncDisposable {
  url: string;
  cloudName: string;
  apiKey: string;
  apiSecret: string;
  cloudinaryUrl: string;
}

/** Starts the sandbox on a folder and connects to its Cloudinary. */
export async function startCloudinary(dataDir: string): Promise<CloudinaryProcess> {
  const child = spawn(process.execPath, ['--conditions=@prosora/source', CLI], {
    env: {
      PATH: process.env['PATH'],
      PROSORA_SANDBOX_DATA_DIR: dataDir,
      PROSORA_SANDBOX_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    void exited.then(() => reject(new Error('The sandbox ended.')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [label, value = ''] = line.split(/\s+/);
      if (label === 'Console') resolve(value);
    });
  });
  exited.catch(() => undefined);
  const { vendors } = await connectSandbox(url);
  const { cloudinary } = vendors;
  if (!cloudinary) throw new Error('The sandbox has no Cloudinary.');
  const { access, faults, requests } = cloudinary;
  return {
    ...{ url: access['url'] ?? '', cloudName: access['cloudName'] ?? '' },
    ...{ apiKey: access['apiKey'] ?? '', apiSecret: access['apiSecret'] ?? '' },
    ...{ cloudinaryUrl: access['cloudinaryUrl'] ?? '', faults, requests },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
