import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { machineEnv } from '@prosora/service/testing';
import { signParams } from '../../src/cloudinary/signature.ts';
import { connectSandbox, type RemoteStandIn } from '../../src/index.ts';

/** A sandbox in a process of its own, as the command starts it. */
export interface SandboxProcess {
  child: ChildProcess;
  cloudinary: RemoteStandIn;
}

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

/** Runs the command with these variables; ports are free ones unless they say otherwise. */
export function spawnCli(
  env: Record<string, string>,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ['--conditions=@prosora/source', CLI], {
    env: { ...machineEnv(), PROSORA_SANDBOX_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function startProcess(dataDir: string): Promise<SandboxProcess> {
  const child = spawnCli({ PROSORA_SANDBOX_DATA_DIR: dataDir });
  let output = '';
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  for await (const text of child.stdout) {
    output += text;
    if (output.includes('CLOUDINARY_URL')) break;
  }
  const url = /Console\s+(\S+)/.exec(output)?.[1];
  if (url === undefined) throw new Error(`The sandbox did not start: ${errors}`);
  const { vendors } = await connectSandbox(url);
  return { child, cloudinary: vendors['cloudinary'] as RemoteStandIn };
}

export async function stopProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** Uploads bytes as a client of its own: the answer of the API, or an error when there is none. */
export async function uploadBytes(
  { access }: RemoteStandIn,
  bytes: Uint8Array<ArrayBuffer>,
  { publicId, resourceType = 'raw', headers = {} }: UploadOptions,
): Promise<Record<string, unknown>> {
  const params = { public_id: publicId, timestamp: String(Math.floor(Date.now() / 1000)) };
  const signature = signParams(params, access['apiSecret'] ?? '', 'sha1');
  const form = new FormData();
  const fields = { ...params, signature, api_key: access['apiKey'] ?? '' };
  for (const [key, value] of Object.entries(fields)) form.set(key, value);
  form.set('file', new Blob([bytes]), 'file.bin');
  const url = `${access['url']}/v1_1/${access['cloudName']}/${resourceType}/upload`;
  const response = await fetch(url, { method: 'POST', headers, body: form });
  const body = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(JSON.stringify(body));
  return body;
}

export interface UploadOptions {
  publicId: string;
  resourceType?: 'raw' | 'video';
  headers?: Record<string, string>;
}
