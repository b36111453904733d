// What Ghost asks of Mailgun, for one domain: https://documentation.mailgun.com/docs/mailgun/api-reference
// mailgun.js, with which Ghost asks, judges it in elsewhere.test.ts.
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

const KEY = `Basic ${Buffer.from('api:key-of-elsewhere').toString('base64')}`;
const messages = [];

async function take(request, domain) {
  const { 'content-type': type } = request.headers;
  const form = await new Response(await buffer(request), {
    headers: { 'content-type': type },
  }).formData();
  const id = `${messages.length + 1}@${domain}`;
  const fields = [...new Set(form.keys())].map((name) => [name, form.getAll(name).map(String)]);
  messages.push({ id, at: Date.now() / 1000, ...Object.fromEntries(fields) });
  return { id: `<${id}>`, message: 'Queued. Thank you.' };
}

/** Each recipient of each message had it at once. */
function eventsFor(url) {
  const items = messages.flatMap(({ id, at, to, ...fields }) =>
    to
      .flatMap((list) => list.split(','))
      .map((recipient) => ({
        id: `${id}-${recipient}`,
        event: 'delivered',
        timestamp: at,
        recipient: recipient.trim(),
        message: { headers: { 'message-id': id } },
        'user-variables': { 'email-id': fields['v:email-id']?.[0] },
      })),
  );
  const page = url.searchParams.get('page') ? [] : items;
  const next = `${url.origin}${url.pathname}?page=next`;
  return { items: page, paging: { first: next, previous: next, next, last: next } };
}

createServer(async (request, response) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  const [, domain, what] = /^\/v3\/([^/]+)\/(messages|events)$/.exec(url.pathname) ?? [];
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  // For the test alone.
  if (url.pathname === '/sent') answer(200, messages);
  else if (request.headers.authorization !== KEY) answer(401, { message: 'Forbidden' });
  else if (what === 'messages') answer(200, await take(request, domain));
  else if (what === 'events') answer(200, eventsFor(url));
  else answer(404, { message: 'Not Found' });
}).listen(80);
