#!/usr/bin/env node
// Runs in a container of its own: `forward PORT HOST PORT` hands each connection to the first port on to one other place,
// and opens none by itself. It alone stands both on a network that leads nowhere and on one that this machine reaches.
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const [, , port, host = '', hostPort] = process.argv;
createServer((from) => {
  const to = connect({ host, port: Number(hostPort) });
  const end = () => {
    from.destroy();
    to.destroy();
  };
  pipeline(from, to, from, end);
}).listen(Number(port));
