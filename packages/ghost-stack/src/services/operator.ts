import {
  createOperatorClient,
  findingSchema,
  type Operator,
  operation,
  ProsoraError,
  serviceNumbers,
} from '@prosora/service';
import * as z from 'zod';
import { compose, docker } from '../stack/compose.ts';

const nothing = z.object({});

/** What every service of ours answers to an operator, whatever else it may be asked. */
export const ofEvery = {
  status: operation({
    summary: 'Says whether it is ready, and counts',
    access: 'read',
    input: nothing,
    output: z.object(serviceNumbers),
  }),
  doctor: operation({
    summary: 'Says what it finds',
    access: 'read',
    input: nothing,
    output: z.object({ findings: z.array(findingSchema) }),
  }),
};

/** The services of the stack that have an operator API, with the port of their private listener. */
export const SERVICES: Readonly<Record<string, number>> = {
  mail: 4201,
  webhooks: 4301,
  analytics: 4401,
  engine: 7182,
  cdn: 4601,
  ops: 4501,
};

/**
 * The operator API of a service, asked at its container's address on the network `watch`, with the token for reading
 * that the service made in its data folder. Who may use Docker's socket may read that folder anyway.
 *
 * @throws ProsoraError `NOT_RUNNING` when it has no container that runs
 */
export async function clientOf<Operations extends Parameters<typeof createOperatorClient>[0]>(
  dir: string,
  service: string,
  operations: Operations,
): Promise<Operator<Operations>> {
  const id = await containerOf(dir, service);
  const [address, tokens] = await Promise.all([
    addressIn(dir, { id, service }, 'watch'),
    docker(dir, ['exec', id, 'cat', '/data/operator-tokens.json']),
  ]);
  const { read: token } = JSON.parse(tokens) as { read: string };
  const url = `http://${address}:${SERVICES[service]}`;
  return createOperatorClient(operations, { url, token });
}

/**
 * Where a service's container is on one of the stack's networks: whose names are known in them alone.
 *
 * @throws ProsoraError `NOT_RUNNING`
 */
export async function addressOf(dir: string, service: string, network: string): Promise<string> {
  return await addressIn(dir, { id: await containerOf(dir, service), service }, network);
}

async function containerOf(dir: string, service: string): Promise<string> {
  const [id = ''] = (await compose(dir, ['ps', '--quiet', service])).split('\n');
  if (id === '') throw new ProsoraError('NOT_RUNNING', `${service} does not run.`);
  return id;
}

async function addressIn(
  dir: string,
  { id, service }: { id: string; service: string },
  network: string,
): Promise<string> {
  const format =
    '{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{$network.IPAddress}}\n{{end}}';
  const networks = (await docker(dir, ['inspect', '--format', format, id])).split('\n');
  const address = networks.find((line) => line.includes(`_${network} `))?.split(' ')[1];
  if (address) return address;
  throw new ProsoraError('NOT_RUNNING', `${service} is not on the network "${network}".`, {
    help: '`prosora up` makes it anew.',
  });
}
