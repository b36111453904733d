import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { docker } from '../stack/compose.ts';
import { SOCKET } from '../stack/docker-socket.ts';

/** Where the stack's folder is seen in the service's container, to be read. */
export const FOLDER = '/stack';

/** Where the stack is on the machine itself, and who may do what there. */
export interface Home {
  /** The stack's folder. */
  dir: string;
  /** Compose's name of the project. */
  project: string;
  /** Of this container. */
  image: string;
  /** Docker's socket, and the group that may use it. */
  socket: string;
  group: number;
  /** Who owns what the command keeps in the folder. */
  user: string;
}

/** The part of `docker inspect` that is looked at. */
interface Self {
  Image: string;
  Config: { Labels: Record<string, string> };
  Mounts: { Source: string; Destination: string }[];
}

/** Asks Docker about this container, in whose labels Compose wrote where its files are. */
export async function findHome(): Promise<Home> {
  const [self] = JSON.parse(await docker('/', ['inspect', hostname()])) as [Self];
  const label = (name: string): string => self.Config.Labels[`com.docker.compose.${name}`] ?? '';
  const { uid, gid } =
    statSync(`${FOLDER}/.prosora`, { throwIfNoEntry: false }) ?? statSync(FOLDER);
  return {
    dir: label('project.working_dir'),
    project: label('project'),
    image: self.Image,
    socket: self.Mounts.find(({ Destination }) => Destination === SOCKET)?.Source ?? SOCKET,
    group: statSync(SOCKET).gid,
    user: `${uid}:${gid}`,
  };
}

/** The profiles whose services are there, as whoever started them may have named them in his shell alone. */
export const profilesOf = (services: readonly string[]): string =>
  [
    ...(services.includes('sandbox') ? ['sandbox'] : []),
    ...(services.includes('metrics') ? ['watch'] : []),
  ].join();

/** The words of `docker` that run the command as `./prosora` does. */
export async function runWords(home: Home, own: readonly string[]): Promise<string[]> {
  const { dir, project, image, socket, user, group } = home;
  const filter = `label=com.docker.compose.project=${project}`;
  const format = '{{.Label "com.docker.compose.service"}}';
  const services = (await docker('/', ['ps', '--filter', filter, '--format', format])).split('\n');
  const profiles = profilesOf(services);
  return [
    ...['run', ...own, '--init', '--pull', 'never', '--network', 'host', '--read-only'],
    ...['--tmpfs', '/tmp', '--user', user, '--group-add', String(group), '--env', 'HOME=/tmp'],
    ...['--env', `COMPOSE_PROJECT_NAME=${project}`],
    ...(profiles ? ['--env', `COMPOSE_PROFILES=${profiles}`] : []),
    ...['--volume', `${socket}:${SOCKET}`, '--volume', `${dir}:${dir}`, '--workdir', dir],
    ...[image, 'prosora'],
  ];
}
