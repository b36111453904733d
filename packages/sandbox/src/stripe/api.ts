import { createHash, timingSafeEqual } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Router,
} from 'express';
import type { State } from '../stand-in/state.ts';
import type { Books } from './books.ts';
import { expand } from './expand.ts';
import { StripeRefusal } from './refusal.ts';
import type { Routes } from './routes.ts';

/** What the API needs. */
export interface ApiOptions {
  books: Books;
  state: State;
  secretKey: string;
  /** May do everything but look at webhook endpoints and make them. */
  restrictedKey: string;
  routes: Routes;
}

/** Makes the API, to be mounted at `/v1`: key, form bodies, `expand[]`, idempotency keys, Stripe's errors. */
export function createApi({ books, state, routes, ...keys }: ApiOptions): {
  router: Router;
  /** Forgets the idempotency keys. */
  clear(): void;
} {
  const router = express.Router();
  router.use(authorize(keys), express.urlencoded({ extended: true, limit: '1mb' }));
  const answered = state.collection<Answered>('stripe/idempotency');
  for (const [route, handle] of Object.entries(routes)) {
    const [method, path] = route.split(' ') as [string, string];
    const mount = METHODS[method as keyof typeof METHODS];
    router[mount](path, (request, response) => {
      const key = method === 'POST' ? request.get('idempotency-key') : undefined;
      const call = () => expand(books, handle(request), expansionsOf(request));
      response.json(key === undefined ? call() : once(key, request, call));
    });
  }

  const once = (key: string, request: Request, call: () => object): object => {
    const digest = digestOf(request);
    const before = answered.get(key);
    if (before === undefined) {
      const answer = call();
      answered.put(key, { digest, answer });
      return answer;
    }
    if (before.digest === digest) return before.answer;
    throw new StripeRefusal(
      400,
      'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      { type: 'idempotency_error' },
    );
  };

  router.use(refuseUnknown, answerRefusal);
  return { router, clear: answered.clear };
}

const METHODS = { GET: 'get', POST: 'post', DELETE: 'delete' } as const;

/** What was answered to a call with an idempotency key. */
interface Answered {
  digest: string;
  answer: object;
}

function digestOf(request: Request): string {
  return createHash('sha256')
    .update(`${request.path} ${JSON.stringify(request.body ?? {})}`)
    .digest('hex');
}

function expansionsOf({ query, body }: Request): string[] {
  const asked = query['expand'] ?? (body as Record<string, unknown> | undefined)?.['expand'] ?? [];
  return Object.values(asked as Record<string, unknown>).map(String);
}

/** The key as Bearer or as the name of Basic: https://docs.stripe.com/api/authentication */
function authorize({
  secretKey,
  restrictedKey,
}: Pick<ApiOptions, 'secretKey' | 'restrictedKey'>): RequestHandler {
  return (request, _response, next) => {
    const [scheme, value = ''] = (request.get('authorization') ?? '').split(' ');
    const isBasic = scheme?.toLowerCase() === 'basic';
    const key = isBasic ? Buffer.from(value, 'base64').toString().split(':')[0] : value;
    if (key === undefined || key === '') {
      throw new StripeRefusal(401, 'You did not provide an API key.');
    }
    const isRestricted = isSame(key, restrictedKey);
    if (isRestricted && request.path.startsWith('/webhook_endpoints'))
      throw lacking(request.method);
    if (!isRestricted && !isSame(key, secretKey)) {
      throw new StripeRefusal(401, `Invalid API Key provided: ${key.slice(0, 7)}…`);
    }
    next();
  };
}

/** https://docs.stripe.com/keys/restricted-api-keys */
function lacking(method: string): StripeRefusal {
  const permission = `rak_webhook_${method === 'GET' ? 'read' : 'write'}`;
  const sentence = `The provided key 'rk_test_***' does not have the required permissions for this endpoint on account 'acct_sandbox'. Having the '${permission}' permission would allow this request to continue.`;
  return new StripeRefusal(403, sentence);
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

const refuseUnknown: RequestHandler = ({ method, originalUrl }) => {
  const [path] = originalUrl.split('?');
  throw new StripeRefusal(404, `The sandbox has no ${method} ${path}`);
};

/** Stripe's error bodies: https://docs.stripe.com/api/errors */
export const answerRefusal: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof StripeRefusal)) return next(error);
  response.status(error.status).json(error.body);
};
