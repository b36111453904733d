// The least that a server can do for a hit: read it and say 202.
import { createServer } from 'node:http';
import { announce } from './announce.ts';

const server = createServer((request, response) => {
  request.on('end', () => response.writeHead(202).end('{}')).resume();
});
announce(server);
