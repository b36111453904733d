// Asks Ghost's Admin API from inside, as Admin does through the edge, for `prosora init`: the call comes as JSON by the
// standard input, since secrets are in it, and the answer goes out as JSON:
//   docker compose exec -T ghost node /opt/prosora/ask-admin.mjs
import { once } from 'node:events';
import { request } from 'node:http';
import { json, text } from 'node:stream/consumers';

const site = new URL(process.env['admin__url'] || process.env['url']);

const { method, path, body, cookie = '' } = await json(process.stdin);
const [resource, query = ''] = path.split('?');
const headers = {
  'content-type': 'application/json',
  'x-forwarded-proto': 'https',
  host: site.host,
  origin: site.origin,
  cookie,
};
const options = {
  host: '127.0.0.1',
  port: 2368,
  path: `/ghost/api/admin/${resource}/?${query}`,
  method,
  headers,
};
// Unlike fetch, this can name the site's own host, without which Ghost answers for another.
const asked = request(options).end(body && JSON.stringify(body));
const [response] = await once(asked, 'response');
const [given] = response.headers['set-cookie'] ?? [];
const answer = { status: response.statusCode, cookie: given?.split(';')[0] };
console.log(JSON.stringify({ ...answer, body: parse(await text(response)) }));

function parse(answer) {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}
