import { askMany, withConnections } from '../clients/http-connection.mjs';
import { SocketIoClient } from '../clients/connection.mjs';
import { compare } from '../measuring/compare.mjs';

const TITLE = '"title":"card 7"';

const nothing = {
  take: () => undefined,
  takeKnown: () => false,
  onEnd(error) {
    throw error;
  },
};

/** Asks the same of a route over HTTP, of the same route over the socket, and of handlers of events. */
const WAYS = { 'over the socket': 'library', HTTP: 'library', 'socket-io': 'socket-io', nest: 'nest' };

const SHAPES = [
  { sockets: 1, each: 16 },
  { sockets: 50, each: 4 },
];

async function askByHttp(connection) {
  if (!(await connection.ask('GET', '/plain/7')).includes(TITLE)) throw new Error('A wrong response over HTTP');
}

async function askBySocket(client) {
  const answer = await client.request('get', { url: '/plain/7' });
  if (!answer.includes(TITLE)) throw new Error(`A wrong answer: ${answer.slice(0, 200)}`);
}

/** The same GET is asked over the socket and over HTTP: by one client, many at a time, and by many clients. */
export const requests = {
  name: 'Requests',
  servers: { library: {}, nest: {}, 'socket-io': {} },
  async run({ servers, rounds, quick }) {
    const rows = [];
    for (const { sockets, each } of SHAPES) {
      const inFlight = sockets * each;
      const comparison = await compare({
        subjects: Object.keys(WAYS),
        rounds,
        async measure(way) {
          const server = servers.get(WAYS[way]);
          const count = quick ? 3_000 : 6_000;
          if (way === 'HTTP') {
            return withConnections(server, inFlight, (connections) =>
              askMany({ server, connections, requests: count, ask: askByHttp }),
            );
          }
          const open = () => SocketIoClient.connect(server.port, nothing);
          const clients = await Promise.all(Array.from({ length: sockets }, open));
          const connections = Array.from({ length: inFlight }, (_, n) => clients[n % sockets]);
          const found = await askMany({ server, connections, requests: count, ask: askBySocket });
          for (const client of clients) client.close();
          return found;
        },
      });
      const of = `GET, ${sockets} sockets × ${each} in flight`;
      const demands = [{ beside: 'HTTP', atMost: 0.5 }];
      const subject = 'over the socket';
      rows.push(comparison.row({ of, measure: 'cpu', label: 'CPU per request', unit: 'µs', subject, demands }));
      rows.push(comparison.row({ of, measure: 'rate', label: 'requests', unit: '/s', subject }));
    }
    return rows;
  },
};
