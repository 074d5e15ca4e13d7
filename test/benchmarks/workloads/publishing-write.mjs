import { Audience } from '../clients/audience.mjs';
import { askMany, withConnections } from '../clients/http-connection.mjs';
import { dataOf } from '../clients/updates.mjs';
import { compare } from '../measuring/compare.mjs';

const IN_FLIGHT = 64;
const FOLLOWERS = 100;

/** Changes a record, and checks that the response has what was written. */
async function patch(connection, path, sequence) {
  const data = dataOf(sequence);
  const body = JSON.parse(await connection.ask('PATCH', path, data));
  if (body.sequence !== sequence || body.title !== data.title) throw new Error(`PATCH ${path}: a wrong response`);
}

/** A PATCH over HTTP changes a record that many sockets follow, or none. */
export const publishingWrite = {
  name: 'Write that publishes',
  servers: { library: {}, nest: {} },
  async run({ servers, rounds, quick }) {
    return [
      await toMany(servers, rounds, quick ? 500 : 2_000),
      ...(await toNobody(servers, rounds, quick ? 2_000 : 4_000)),
    ].flat();
  },
};

/** Asks so many PATCHes, each with a number of its own. */
const patchMany = (server, path, requests, from = 0) =>
  withConnections(server, IN_FLIGHT, (connections) =>
    askMany({ server, requests, connections, ask: (connection, n) => patch(connection, path, from + n) }),
  );

async function toMany(servers, rounds, requests) {
  const audiences = new Map();
  for (const subject of servers.subjects) {
    const audience = new Audience(servers.get(subject), { isOrdered: false });
    await audience.connect(FOLLOWERS);
    audiences.set(subject, audience);
  }
  const comparison = await compare({
    subjects: servers.subjects,
    rounds,
    async measure(subject, round) {
      const server = servers.get(subject);
      const heard = audiences.get(subject).expect(requests * FOLLOWERS);
      const ask = () => patchMany(server, '/cards/0', requests, round * requests);
      const { ms, ...each } = await server.spent(requests, () => Promise.all([heard, ask()]));
      return { rate: (requests / ms) * 1_000, ...each };
    },
  });
  for (const audience of audiences.values()) audience.close();
  const of = `PATCH, ${IN_FLIGHT} in flight, ${FOLLOWERS} sockets hear it`;
  const demands = [{ beside: 'nest', atLeast: 4 }];
  return [
    comparison.row({ of, measure: 'rate', label: 'requests', unit: '/s', demands }),
    comparison.row({ of, measure: 'cpu', label: 'CPU per request', unit: 'µs' }),
  ];
}

const PATHS = {
  library: ['library', '/cards/1'],
  'undecorated route': ['library', '/plain/1'],
  nest: ['nest', '/cards/1'],
};

async function toNobody(servers, rounds, requests) {
  const comparison = await compare({
    subjects: Object.keys(PATHS),
    rounds,
    measure(subject) {
      const [name, path] = PATHS[subject];
      return patchMany(servers.get(name), path, requests);
    },
  });
  const of = `PATCH, ${IN_FLIGHT} in flight, nobody hears it`;
  const demands = [{ beside: 'undecorated route', atMost: 1.1 }];
  return [comparison.row({ of, measure: 'cpu', label: 'CPU per request', unit: 'µs', demands })];
}
