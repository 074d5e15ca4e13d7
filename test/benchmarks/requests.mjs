// Sends the same requests to the same application over a socket and over kept-alive HTTP, and compares them in one run:
//   npm run build && node test/benchmarks/requests.mjs
// The application runs in a process of its own, whose CPU time is counted; the rate includes the client's work.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { io } from 'socket.io-client';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const REQUESTS = Number(process.env.REQUESTS ?? 4_000);
const IN_FLIGHT = [1, 16];
const KINDS = [
  { name: 'GET, 1 record', method: 'GET', path: '/cards/7' },
  { name: 'GET, 50 records', method: 'GET', path: '/cards' },
  { name: 'POST, 1 record', method: 'POST', path: '/cards', data: { title: 'a card', boardId: 7, done: false } },
];

class Application {
  static async start(platform) {
    const child = fork(new URL('application.mjs', import.meta.url), [platform]);
    const [port] = await once(child, 'message');
    return new Application(child, port);
  }

  constructor(child, port) {
    this.child = child;
    this.port = port;
  }

  /** Returns the microseconds of CPU time that the process has used. */
  async cpu() {
    const answer = once(this.child, 'message');
    this.child.send('cpu');
    return (await answer)[0];
  }

  async stop() {
    this.child.kill();
    await once(this.child, 'exit');
  }
}

function overHttp(port, inFlight) {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const ask = ({ method, path, data }) =>
    new Promise((resolve, reject) => {
      const body = data === undefined ? undefined : JSON.stringify(data);
      const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
      const request = httpRequest({ port, agent, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ statusCode: response.statusCode, body: JSON.parse(text) }));
      });
      request.on('error', reject).end(body);
    });
  return { ask, stop: () => agent.destroy() };
}

async function overSocket(port) {
  const socket = io(`http://localhost:${port}`, { transports: ['websocket'] });
  await once(socket, 'connect');
  const ask = ({ method, path, data }) =>
    new Promise((resolve) => socket.emit(method.toLowerCase(), { url: path, data }, resolve));
  return { ask, stop: () => socket.disconnect() };
}

async function measure(application, ask, kind, inFlight) {
  let left = REQUESTS;
  const worker = async () => {
    while (left-- > 0) {
      const { statusCode, body } = await ask(kind);
      if (statusCode >= 300 || body === undefined) throw new Error(`${kind.name} responded with ${statusCode}`);
    }
  };
  const cpu = await application.cpu();
  const start = process.hrtime.bigint();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { rate: REQUESTS / seconds, cpu: ((await application.cpu()) - cpu) / REQUESTS };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function compare(platform) {
  const application = await Application.start(platform);
  for (const inFlight of IN_FLIGHT) {
    for (const kind of KINDS) {
      const ways = { HTTP: overHttp(application.port, inFlight), socket: await overSocket(application.port) };
      const found = { HTTP: [], socket: [] };
      // The first round is a warm-up. Then the two take turns in going first.
      for (let round = 0; round <= ROUNDS; round++) {
        const order = round % 2 === 0 ? ['HTTP', 'socket'] : ['socket', 'HTTP'];
        for (const way of order) {
          const figures = await measure(application, ways[way].ask, kind, inFlight);
          if (round > 0) found[way].push(figures);
        }
      }
      for (const { stop } of Object.values(ways)) stop();
      const [http, socket] = ['HTTP', 'socket'].map((way) => ({
        rate: median(found[way].map(({ rate }) => rate)),
        cpu: median(found[way].map(({ cpu }) => cpu)),
      }));
      const cells = [
        platform,
        kind.name,
        inFlight,
        ...[http.rate, socket.rate].map((rate) => Math.round(rate).toLocaleString('en')),
        (socket.rate / http.rate).toFixed(2),
        ...[http.cpu, socket.cpu].map((cpu) => Math.round(cpu)),
        (socket.cpu / http.cpu).toFixed(2),
      ];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  }
  await application.stop();
}

process.stdout.write(`Node ${process.version}, medians of ${ROUNDS} rounds of ${REQUESTS} requests\n\n`);
process.stdout.write(
  '| Platform | Request | In flight | HTTP/s | socket/s | ratio | HTTP, CPU µs | socket, CPU µs | ratio |\n',
);
process.stdout.write(`|${' --- |'.repeat(9)}\n`);
for (const platform of ['express', 'fastify']) await compare(platform);
process.exit();
