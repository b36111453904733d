import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathOf, STACK_PROGRAMS } from '@prosora/service/programs';
import { freePort } from '@prosora/service/testing';

/** Another machine, as far as the command knows. */
export interface SshHost extends AsyncDisposable {
  /** Such as `ssh://root@127.0.0.1:2222`. */
  address: string;
  /** Where whoever signs in finds himself. */
  home: string;
  /** With the key and the known hosts that lead there. */
  sshFolder: string;
}

/** Starts an sshd on a port of this machine, with keys and a home of its own. It takes root. */
export async function startSshHost(): Promise<SshHost> {
  const home = await mkdtemp(path.join(tmpdir(), 'prosora-host-'));
  const sshFolder = path.join(home, '.ssh');
  const file = (name: string) => path.join(sshFolder, name);
  await mkdir(sshFolder);
  for (const name of ['id_ed25519', 'host']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const port = await freePort();
  await writeFile(file('known_hosts'), `[127.0.0.1]:${port} ${await readFile(file('host.pub'))}`);
  // What a build asks is part of what Docker knows an image by.
  const registry = process.env['NPM_CONFIG_REGISTRY'];
  const config = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host')}`, 'PidFile none'],
    ...[`AuthorizedKeysFile ${file('id_ed25519.pub')}`, 'StrictModes no', 'UsePAM no'],
    ...['Subsystem sftp internal-sftp', `SetEnv HOME=${home}`],
    registry ? ` NPM_CONFIG_REGISTRY=${registry}\n` : '\n',
  ];
  await writeFile(file('config-of-host'), config.join('\n').replace('\n ', ' '));
  await mkdir('/run/sshd', { recursive: true });
  const words = ['-D', '-e', '-f', file('config-of-host')];
  const sshd = spawn(pathOf(STACK_PROGRAMS.sshd) ?? 'sshd', words, { stdio: 'pipe' });
  const ended = once(sshd, 'exit');
  for await (const said of sshd.stderr) if (String(said).includes('listening')) break;
  return {
    address: `ssh://root@127.0.0.1:${port}`,
    home,
    sshFolder,
    async [Symbol.asyncDispose]() {
      sshd.kill();
      await ended;
      await rm(home, { recursive: true });
    },
  };
}
