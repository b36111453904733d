import { verb } from '@prosora/service';
import manifest from '../../package.json' with { type: 'json' };
import { stackOptions } from '../options.ts';
import { compose, containersOf, docker } from '../stack/compose.ts';

/** What says which version of a program is in a container. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ghost: 'node -p "require(\'/var/lib/ghost/current/package.json\').version"',
  db: 'mysqld --version',
  redis: 'redis-server --version',
  caddy: 'caddy version',
};
const NUMBER = /\d+\.\d+\.\d+/;

export const version = verb({
  help: 'Says which versions and images run here',
  needs: stackOptions,
  async run({ options: { dir }, show }) {
    const numberIn = async (said: Promise<string>) =>
      NUMBER.exec(await said.catch(() => ''))?.[0] ?? 'not here';
    const containers = await containersOf(dir).catch(() => []);
    const running = containers.filter(({ state }) => state === 'running');
    const services = await Promise.all(
      running.map(async ({ service, image }) => {
        const asks = PROGRAMS[service];
        const ask = asks && compose(dir, ['exec', '-T', service, 'sh', '-c', asks]);
        return { service, image, ...(ask && { version: await numberIn(ask) }) };
      }),
    );
    const versions = {
      prosora: manifest.version,
      docker: await numberIn(docker(dir, ['version', '--format', '{{.Server.Version}}'])),
      compose: await numberIn(compose(dir, ['version', '--short'])),
      services,
    };
    show(versions, ({ prosora, docker: engine, compose: plugin }) => [
      `prosora ${prosora}, Docker ${engine}, Compose ${plugin}`,
      ...services.map(({ service, image, version: own = '' }) =>
        `${service.padEnd(10)} ${own.padEnd(9)} ${image}`.trimEnd(),
      ),
    ]);
    return 0;
  },
});
