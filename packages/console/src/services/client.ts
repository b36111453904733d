import { askOperation } from '@prosora/service';

/** An operation, as `npm run docs` writes it down from an OpenAPI document. */
interface Described {
  access: 'read' | 'write';
  input: object;
  output: unknown;
}

type WithAccess<Operations, Access> = {
  [K in keyof Operations]: Operations[K] extends { access: Access } ? K : never;
}[keyof Operations];

/** What goes to an operation, and what it answers. */
type InputOf<Operation> = Operation extends Described ? Operation['input'] : never;
export type OutputOf<Operation> = Operation extends Described ? Operation['output'] : never;

/**
 * What may be asked of a service, with the types of its OpenAPI document. Texts stand where its schemas have times.
 *
 * Both throw ProsoraError as `askOperation` does: `NOT_RUNNING`, `UNANSWERED`, and what the service says itself, such as
 * `USAGE`, `NOT_FOUND` or `REFUSED`.
 */
export interface Api<Operations> {
  /** The values are handed on as they are, so that a wrong one is refused by the service, by name. */
  get<K extends WithAccess<Operations, 'read'> & string>(
    name: K,
    input?: Loosened<InputOf<Operations[K]>>,
    options?: Reading,
  ): Promise<OutputOf<Operations[K]>>;
  /** `caller` is who acts, for the service's log. */
  post<K extends WithAccess<Operations, 'write'> & string>(
    name: K,
    input: InputOf<Operations[K]>,
    caller: string,
  ): Promise<OutputOf<Operations[K]>>;
}

/** How something is read. */
interface Reading {
  /** How long an answer may take; for what a service first has to look for. */
  timeoutMs?: number;
}

/** A filter of an address may be any text, and what is missing or empty is left out. */
type Loosened<Query> = { [K in keyof Query]: Query[K] | string | undefined };

/** Where a service is. */
export interface ApiOptions {
  /** The origin of its private listener. */
  url: string;
  token: string;
}

const READER = 'the console';
const LONGEST_READ_MS = 10_000;
/** To try ten thousand deliveries again takes a while, and nobody would know what became of it. */
const LONGEST_WRITE_MS = 60_000;

/** A client of one service. */
export function createApi<Operations>(place: ApiOptions): Api<Operations> {
  return {
    async get(name, input = {} as never, { timeoutMs = LONGEST_READ_MS } = {}) {
      const call = { caller: READER, name, isWrite: false, input: withoutEmpty(input), timeoutMs };
      return (await askOperation({ ...place, ...call })) as never;
    },
    async post(name, input, caller) {
      const call = { caller, name, isWrite: true, input: input as object };
      return (await askOperation({ ...place, ...call, timeoutMs: LONGEST_WRITE_MS })) as never;
    },
  };
}

/** An empty field of a form asks for nothing. */
function withoutEmpty(input: object): object {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== ''));
}
