/** What is so with a key, in the shape of a doctor's finding. */
export interface KeyFinding {
  /** The vendor, or what else was seen on the way. */
  name: string;
  status: 'ok' | 'warn' | 'fail';
  sentence: string;
  remedy?: string;
}

const finding =
  (status: KeyFinding['status']) =>
  (name: string, sentence: string, remedy?: string): KeyFinding => ({
    name,
    status,
    sentence,
    ...(remedy !== undefined && { remedy }),
  });
const ok = finding('ok');
const warn = finding('warn');
const fail = finding('fail');

/** What a vendor answered, and how far this machine's clock is from that of the vendor. */
interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each vendor has its own shape, and what is read of it is optional
  body: any;
  skewMs: number;
}

const TIMEOUT_MS = 15_000;
/** Webhooks are refused from five minutes on, and certificates may not be valid yet. */
const MAX_SKEW_MS = 60_000;

/** Looks at a key of Resend: whether it is known, and may make what is needed. */
export async function* examineResendKey(
  key: string,
  url = 'https://api.resend.com',
): AsyncGenerator<KeyFinding> {
  const name = 'Resend';
  const answer = await ask(`${url}/domains?limit=1`, `Bearer ${key}`);
  if (answer === undefined) return yield unreachable(name, url);
  yield* clockFindings(answer);
  const { name: kind, message } = answer.body ?? {};
  if (answer.status === 200) yield ok(name, 'The key has full access.');
  else if (kind === 'restricted_api_key') {
    const remedy = 'Make one with "Full access" at https://resend.com/api-keys.';
    yield fail(name, 'The key may only send, so that it makes no domain and no webhook.', remedy);
  } else if (isRefused(answer)) {
    yield fail(
      name,
      `It refuses the key: ${message}.`,
      'Copy one from https://resend.com/api-keys.',
    );
  } else yield unwell(name, answer);
}

/** Where the API is, beside a `cloudinary://` address that says nothing else: https://cloudinary.com/documentation/admin_api */
const CLOUDINARY_API = 'https://api.cloudinary.com';
const ALMOST_FULL = 90;
const FULL = 100;

const CLOUDINARY_REMEDIES: readonly [words: RegExp, remedy: string][] = [
  [/api_secret/, 'The secret, between the second colon and the @, is not that of the key.'],
  [/cloud_name/, 'The name of the cloud, after the @, is not that of the key.'],
  [/api_key/, 'The key, between // and the second colon, is none of this account.'],
];

/** Looks at an address of Cloudinary, `cloudinary://<key>:<secret>@<cloud>`: its key, and what is left of the plan. */
export async function* examineCloudinaryUrl(address: string): AsyncGenerator<KeyFinding> {
  const name = 'Cloudinary';
  const { username, password, hostname: cloud, searchParams } = new URL(address);
  const url = searchParams.get('upload_prefix') ?? CLOUDINARY_API;
  const login = [username, password].map(decodeURIComponent).join(':');
  const basic = `Basic ${Buffer.from(login).toString('base64')}`;
  const answer = await ask(`${url}/v1_1/${cloud}/usage`, basic);
  if (answer === undefined) return yield unreachable(name, url);
  yield* clockFindings(answer);
  if (answer.status === 200) return yield planFinding(name, answer.body);
  const said = String(answer.body?.error?.message ?? '');
  if (!isRefused(answer)) return yield unwell(name, answer);
  const remedy = CLOUDINARY_REMEDIES.find(([words]) => words.test(said))?.[1];
  const copy = 'Copy "API environment variable" from its console.';
  yield fail(name, `It refuses the address: ${said}.`, remedy ? `${remedy} ${copy}` : copy);
}

function planFinding(name: string, { plan, credits }: Answer['body']): KeyFinding {
  const used = Number(credits?.used_percent ?? 0);
  const sentence = `The key is right; the plan is "${plan}", and ${used} % of it are used.`;
  if (used < ALMOST_FULL) return ok(name, sentence);
  const remedy = 'Take a larger plan, or wait until the count of 30 days has gone down.';
  return used >= FULL ? fail(name, sentence, remedy) : warn(name, sentence, remedy);
}

/** Looks at a key of Stripe: whether it may make a webhook endpoint, and whether its money is real. */
export async function* examineStripeKey(
  key: string,
  url = 'https://api.stripe.com',
): AsyncGenerator<KeyFinding> {
  const name = 'Stripe';
  const keys = 'https://dashboard.stripe.com/apikeys';
  if (!/^(sk|rk)_/.test(key)) {
    const sentence = 'That is no secret key: one begins with sk_ or rk_.';
    return yield fail(name, sentence, `Copy one from ${keys}.`);
  }
  const answer = await ask(`${url}/v1/webhook_endpoints?limit=1`, `Bearer ${key}`);
  if (answer === undefined) return yield unreachable(name, url);
  yield* clockFindings(answer);
  if (answer.status === 403) {
    const remedy = 'Give it "Webhook Endpoints: Write", or take a secret key.';
    yield fail(name, 'The key may not look at webhook endpoints.', remedy);
  } else if (isRefused(answer))
    yield fail(name, 'It does not know the key.', `Copy one from ${keys}.`);
  else if (answer.status !== 200) yield unwell(name, answer);
  else if (!/_test_/.test(key)) yield ok(name, 'The key may make the endpoint.');
  else yield warn(name, 'The key may make the endpoint, but is one for tests: nobody really pays.');
}

/** What `prosora-cdn setup` and `doctor` read of a zone, and what lets a token read it. */
const ZONE_PARTS: Readonly<Record<string, string>> = {
  'rulesets/phases/http_request_cache_settings/entrypoint': 'Cache Rules Edit',
  'settings/ssl': 'Zone Settings Edit',
  'dns_records?per_page=1': 'DNS Read',
};

/** Looks at a token of Cloudflare: whether it sees the zone of a site, and may read what is set there. */
export async function* examineCloudflareToken(
  token: string,
  domain: string,
  { zoneId = '', url = 'https://api.cloudflare.com/client/v4' } = {},
): AsyncGenerator<KeyFinding> {
  const name = 'Cloudflare';
  // The site's own name, and those above it.
  const names = domain.split('.').map((_label, at, labels) => labels.slice(at).join('.'));
  const places = zoneId ? [`zones/${zoneId}`] : names.map((each) => `zones?name=${each}`);
  let zone: { id: string; name: string; status: string } | undefined;
  for (const place of places) {
    const answer = await ask(`${url}/${place}`, `Bearer ${token}`);
    if (answer === undefined) return yield unreachable(name, url);
    if (place === places[0]) yield* clockFindings(answer);
    if (answer.status === 400 || isRefused(answer)) {
      const remedy = 'Copy one from https://dash.cloudflare.com/profile/api-tokens.';
      return yield fail(
        name,
        `It refuses the token: ${answer.body?.errors?.[0]?.message}.`,
        remedy,
      );
    }
    if (answer.status !== 200) return yield unwell(name, answer);
    zone = [answer.body?.result].flat()[0];
    if (zone !== undefined) break;
  }
  if (zone === undefined) {
    const remedy = 'Add the domain there, and let the token have Zone Read for it.';
    return yield fail(name, `The token sees no zone that ${domain} is in.`, remedy);
  }
  const lacks: string[] = [];
  for (const [part, permission] of Object.entries(ZONE_PARTS)) {
    const answer = await ask(`${url}/zones/${zone.id}/${part}`, `Bearer ${token}`);
    if (answer === undefined) return yield unreachable(name, url);
    if (isRefused(answer)) lacks.push(permission);
    // A zone without rules has no such thing.
    else if (answer.status !== 200 && answer.status !== 404) return yield unwell(name, answer);
  }
  if (lacks.length > 0) {
    yield fail(name, `The token lacks ${lacks.join(', ')}.`, 'Add them, and Cache Purge, to it.');
  } else if (zone.status !== 'active') {
    const remedy = "Let the domain's registrar name Cloudflare's name servers.";
    yield warn(name, `${zone.name} is ${zone.status} there: no reader comes that way yet.`, remedy);
  } else yield ok(name, `The token may set ${zone.name}.`);
}

const isRefused = ({ status }: Answer): boolean => status === 401 || status === 403;

function unreachable(name: string, url: string): KeyFinding {
  const remedy = 'See that this machine reaches the internet, and that no firewall is between.';
  return fail(name, `${new URL(url).host} cannot be reached or does not answer.`, remedy);
}

function unwell(name: string, { status }: Answer): KeyFinding {
  return fail(
    name,
    `It answers ${status}, which says nothing of the key.`,
    'Try again in a while.',
  );
}

function* clockFindings({ skewMs }: Answer): Generator<KeyFinding> {
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return;
  const sentence = `This machine's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead' : 'behind'}.`;
  yield fail('clock', sentence, 'Let it be set: timedatectl set-ntp true');
}

async function ask(url: string, authorization: string): Promise<Answer | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url, { headers: { authorization }, signal });
    const body = await response.json().catch(() => undefined);
    const date = Date.parse(response.headers.get('date') ?? '');
    return { status: response.status, body, skewMs: Number.isNaN(date) ? 0 : Date.now() - date };
  } catch {
    return undefined;
  }
}
