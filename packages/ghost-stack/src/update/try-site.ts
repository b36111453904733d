/**
 * Runs in the container of a Ghost that is tried out: reads the front page, the newest post, Ghost Admin and the Content
 * API as visitors do, and signs in as the owner. Prints each with its fault, empty where there is none.
 */
export const TRY_SITE = `
import { request } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { once } from 'node:events';
const { slug, email, key, password } = await json(process.stdin);
const site = new URL(process.env.admin__url || process.env.url);
const headers = { 'x-forwarded-proto': 'https', host: new URL(process.env.url).host };
async function ask(path, options = {}, body) {
  const asked = request({ host: '127.0.0.1', port: 2368, path, headers, timeout: 30000, ...options }).end(body);
  const [response] = await once(asked, 'response');
  return { status: response.statusCode, body: await text(response) };
}
const is = ({ status }, wanted) => status === wanted ? '' : 'It is answered with ' + status + '.';
const tries = {
  'front page': async () => is(await ask('/'), 200),
  'newest post': async () => slug === '-' ? '' : is(await ask('/' + slug + '/'), 200),
  'Ghost Admin': async () => is(await ask('/ghost/', { headers: { ...headers, host: site.host } }), 200),
  'Content API': async () => is(await ask('/ghost/api/content/posts/?limit=1&key=' + key), 200),
  'sign-in': async () => is(await ask('/ghost/api/admin/session/', { method: 'POST', headers: {
    ...headers, host: site.host, origin: site.origin, 'content-type': 'application/json' } },
    JSON.stringify({ username: email, password })), 201),
};
const results = [];
for (const [name, work] of Object.entries(tries)) {
  results.push({ name, fault: await work().catch((error) => 'It is not answered: ' + error.message) });
}
console.log(JSON.stringify(results));
`;
