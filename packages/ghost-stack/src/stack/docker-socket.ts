import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Where Docker's socket is. */
export const SOCKET = '/var/run/docker.sock';

/** A container in Docker's list: https://docs.docker.com/reference/api/engine/version/v1.45/#operation/ContainerList */
export interface ListedContainer {
  Id: string;
  Labels: Record<string, string>;
  /** Seconds since 1970. */
  Created: number;
  State: string;
  /** In words: `Up 3 hours (healthy)`. */
  Status: string;
}

const PROJECT = 'com.docker.compose.project';
/** In the labels of a container: what Compose calls it, and that it is of a single command. */
const SERVICE = 'com.docker.compose.service';
const ONE_OFF = 'com.docker.compose.oneoff';

/** The service that a container or an event is of, by its labels. */
export const serviceOf = (labels: Readonly<Record<string, string>>): string =>
  labels[SERVICE] ?? '';

/**
 * Asks Docker's engine itself, which costs far less than a run of its command. With a body it is a POST.
 *
 * @throws Error when it does not answer, or with what it answers instead
 */
export async function openEngine(
  path: string,
  signal: AbortSignal,
  body?: object,
): Promise<IncomingMessage> {
  const asked = request({
    socketPath: SOCKET,
    path,
    signal,
    ...(body && { method: 'POST', headers: { 'content-type': 'application/json' } }),
  }).end(body && JSON.stringify(body));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  // What comes after the answer has begun is told by that.
  asked.on('error', () => {});
  const { statusCode = 0 } = response;
  if (statusCode < 400) return response;
  response.on('error', () => {}).resume();
  throw new Error(`Docker answers ${statusCode} to ${path.split('?')[0]}.`);
}

/** The same for an answer that is JSON. */
export async function askEngine<Answer>(
  path: string,
  signal: AbortSignal,
  body?: object,
): Promise<Answer> {
  return JSON.parse((await buffer(await openEngine(path, signal, body))).toString()) as Answer;
}

/** What to filter by, as the engine takes it in an address. */
export const filtersOf = (filters: Record<string, readonly string[]>): string =>
  `filters=${encodeURIComponent(JSON.stringify(filters))}`;

/** By its label: everything of a project of Compose. */
export const ofProject = (project: string): string => `${PROJECT}=${project}`;

/**
 * The lasting containers of a project by service, those too that do not run. Where one is being replaced it is the newest.
 */
export async function listContainers(
  project: string,
  signal: AbortSignal,
): Promise<Map<string, ListedContainer>> {
  const filters = filtersOf({ label: [ofProject(project)] });
  const path = `/containers/json?all=true&${filters}`;
  const all = await askEngine<ListedContainer[]>(path, signal);
  const lasting = all
    .filter(({ Labels }) => Labels[ONE_OFF] !== 'True')
    .sort((one, other) => one.Created - other.Created);
  return new Map(lasting.map((container) => [serviceOf(container.Labels), container]));
}

/**
 * Runs a script in the container of a service, and resolves with what it printed.
 *
 * @param values come to the script as $1, $2, …
 * @throws Error when there is no such container, or with the code that it ended with
 */
export async function runIn(
  project: string,
  service: string,
  script: string,
  signal: AbortSignal,
  ...values: readonly string[]
): Promise<string> {
  const container = (await listContainers(project, signal)).get(service);
  if (container === undefined) throw new Error(`${service} has no container.`);
  const Cmd = ['sh', '-c', script, 'sh', ...values];
  const ask = <Answer>(path: string, body?: object) => askEngine<Answer>(path, signal, body);
  const { Id } = await ask<{ Id: string }>(`/containers/${container.Id}/exec`, {
    AttachStdout: true,
    Cmd,
  });
  const answer = await openEngine(`/exec/${Id}/start`, signal, { Detach: false });
  const printed = unframed(await buffer(answer));
  const { ExitCode } = await ask<{ ExitCode: number }>(`/exec/${Id}/json`);
  if (ExitCode === 0) return printed;
  throw new Error(`What was asked in ${service} ended with ${ExitCode}.`);
}

/** https://docs.docker.com/reference/api/engine/version/v1.45/#operation/ContainerAttach "Stream format" */
function unframed(framed: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= framed.length; ) {
    const end = at + 8 + framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString();
}
