import { createServer } from 'node:http';

/** A Resend without limits that keeps nothing, as a process of its own. */
function serveResend(): void {
  let taken = 0;
  const server = createServer((request, response) => {
    if (request.url === '/count') return void response.end(String(taken));
    const pieces: Buffer[] = [];
    request
      .on('data', (piece) => pieces.push(piece))
      .on('end', () => {
        const mails = JSON.parse(Buffer.concat(pieces).toString()) as unknown[];
        const data = mails.map(() => ({ id: `id-${taken++}` }));
        const headers = {
          'content-type': 'application/json',
          'ratelimit-limit': '1000',
          'ratelimit-remaining': '1000',
        };
        response.writeHead(200, headers).end(JSON.stringify({ data }));
      });
  });
  server.listen(0, '127.0.0.1', () => {
    console.log(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  });
}

serveResend();
