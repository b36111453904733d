// What Ghost asks of its ActivityPub server when it starts, and what readers' servers ask; it says who asked for what.
import { createServer } from 'node:http';

createServer((request, response) => {
  const { host, 'x-forwarded-host': site, 'x-forwarded-proto': scheme } = request.headers;
  const { authorization = '' } = request.headers;
  const body = {
    webhook_secret: 'of-the-social-web',
    asked: { path: request.url, host, site, scheme, hasToken: authorization.startsWith('Bearer ') },
  };
  console.log(JSON.stringify(body.asked));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}).listen(80);
