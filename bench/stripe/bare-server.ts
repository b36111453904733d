// The least that a durable receiver can do: read the body, one fsynced insert, 200. The yardstick of bench/stripe.ts.
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { buffer } from 'node:stream/consumers';

const database = new DatabaseSync(process.argv[2] ?? '');
database.exec('pragma journal_mode = wal; pragma synchronous = full');
database.exec('create table bare (id text primary key, body blob not null)');
const insert = database.prepare('insert into bare (id, body) values (?, ?)');

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  insert.run(JSON.parse(body.toString()).id, body);
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}');
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(JSON.stringify({ msg: 'ready', url: `http://127.0.0.1:${port}/`, privateUrl: '' }));
});
