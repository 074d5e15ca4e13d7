import { askMany, withConnections } from '../clients/http-connection.mjs';
import { SocketIoClient } from '../clients/connection.mjs';
import { compare } from '../measuring/compare.mjs';
import { installSails } from '../sails/install.mjs';

const TITLE = '"title":"card 7"';

const nothing = {
  take: () => undefined,
  takeKnown: () => false,
  onEnd(error) {
    throw error;
  },
};

const SAILS = { sails: {}, 'sails, lightest': { subject: 'sails', isLightest: true } };

/** Asks the same of a route over HTTP, of the same route over the socket, of routes of Sails, and of event handlers. */
const WAYS = {
  'over the socket': 'library',
  HTTP: 'library',
  ...Object.fromEntries(Object.keys(SAILS).map((name) => [name, name])),
  'socket-io': 'socket-io',
  nest: 'nest',
};

/** Sails answers only those who say which version of its client they are. */
const QUERIES = { sails: '&__sails_io_sdk_version=1.2.1' };

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
  optionalServers: async () => ((await installSails()) ? SAILS : {}),
  async run({ servers, rounds, quick }) {
    const rows = [];
    const subjects = Object.keys(WAYS).filter((way) => servers.subjects.includes(WAYS[way]));
    const besideSails = Object.keys(SAILS).filter((name) => subjects.includes(name));
    for (const { sockets, each } of SHAPES) {
      const inFlight = sockets * each;
      const comparison = await compare({
        subjects,
        rounds,
        async measure(way) {
          const server = servers.get(WAYS[way]);
          const count = quick ? 2_000 : 6_000;
          if (way === 'HTTP') {
            return withConnections(server, inFlight, (connections) =>
              askMany({ server, connections, requests: count, ask: askByHttp }),
            );
          }
          const open = () => SocketIoClient.connect(server.port, nothing, { query: QUERIES[server.subject] });
          const clients = await Promise.all(Array.from({ length: sockets }, open));
          const connections = Array.from({ length: inFlight }, (_, n) => clients[n % sockets]);
          const found = await askMany({ server, connections, requests: count, ask: askBySocket });
          for (const client of clients) client.close();
          return found;
        },
      });
      const of = `GET, ${sockets} sockets × ${each} in flight`;
      const subject = 'over the socket';
      const demands = [{ beside: 'HTTP', atMost: 0.5 }];
      rows.push(comparison.row({ of, measure: 'cpu', label: 'CPU per request', unit: 'µs', subject, demands }));
      const faster = besideSails.map((beside) => ({ beside, atLeast: 4 }));
      rows.push(comparison.row({ of, measure: 'rate', label: 'requests', unit: '/s', subject, demands: faster }));
    }
    return rows;
  },
};
