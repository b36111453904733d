// An Events API that takes every batch at once.
import { createServer } from 'node:http';
import { announce } from './announce.ts';

const server = createServer((request, response) => {
  request.on('end', () => response.end('{"successful_rows":1,"quarantined_rows":0}')).resume();
});
announce(server);
