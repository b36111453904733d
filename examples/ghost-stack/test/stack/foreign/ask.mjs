// Runs in a container that is no part of the stack: sends requests one after another and prints their statuses.
import { request } from 'node:https';
import { connect } from 'node:net';

const { host, domain, requests, connects } = JSON.parse(process.argv[2]);

const ask = ({ method = 'GET', path, headers = {}, body }) =>
  new Promise((resolve) => {
    const sent = request(
      {
        host,
        servername: domain,
        rejectUnauthorized: false,
        method,
        path,
        headers: { host: domain, ...headers },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    sent.on('error', (error) => resolve({ status: 0, text: error.message }));
    sent.end(body);
  });

const knock = (address) =>
  new Promise((resolve) => {
    const [to, port] = address.split(' ');
    const socket = connect({ host: to, port: Number(port), timeout: 1_500 });
    socket.on('connect', () => resolve(true) ?? socket.destroy());
    socket.on('timeout', () => resolve(false) ?? socket.destroy());
    socket.on('error', () => resolve(false));
  });

const answers = [];
for (const one of requests ?? []) answers.push(await ask(one));
const open = await Promise.all((connects ?? []).map(knock));
console.log(JSON.stringify(connects ? open : answers));
