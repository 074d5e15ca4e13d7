import { Audience } from '../clients/audience.mjs';
import { compare } from '../measuring/compare.mjs';

const SOCKETS = 10;

/** Sockets subscribe to records: by code, as they would join rooms, and by reading. */
export const subscriptions = {
  name: 'Subscriptions',
  servers: { library: {}, 'socket-io': {} },
  async run({ servers, rounds, quick }) {
    const records = quick ? 500 : 1_000;
    return [
      await byChannel(servers, rounds, { records, command: 'subscribeInBulk', of: 'by code, in bulk' }),
      await byChannel(servers, rounds, { records, command: 'subscribeOneByOne', of: 'by code, one by one' }),
      await byList(servers, rounds),
      await byRequest(servers, rounds, records),
    ];
  },
};

async function byChannel(servers, rounds, { records, command, of }) {
  const comparison = await compare({
    subjects: servers.subjects,
    rounds,
    async measure(subject) {
      const server = servers.get(subject);
      // New sockets in each round, so that none of them is subscribed already.
      const audience = new Audience(server);
      await audience.connect(SOCKETS);
      const argument = { ids: audience.clients.map(({ id }) => id), first: 10, count: records };
      const { cpu } = await server.call('measured', { command, argument });
      audience.close();
      return { cpu: cpu / SOCKETS / records };
    },
  });
  const demands = [{ beside: 'socket-io', atMost: 1.2 }];
  return comparison.row({ of, measure: 'cpu', label: 'CPU per record', unit: 'µs', demands });
}

/** Reads paths over the sockets of the library's server, and returns the CPU time of each read. */
async function read(server, paths) {
  const audience = new Audience(server);
  await audience.connect(SOCKETS, { follow: () => undefined });
  const cpu = await server.cpu();
  for (const path of paths) {
    for (const client of audience.clients) {
      const answer = await client.request('get', { url: path });
      if (!answer.includes('"statusCode":200')) throw new Error(answer.slice(0, 300));
    }
  }
  const used = (await server.cpu()) - cpu;
  audience.close();
  return used / paths.length / SOCKETS;
}

const LISTED = 9_000;

async function byList(servers, rounds) {
  const server = servers.get('library');
  const query = `index=0&count=${LISTED}&records=${LISTED}`;
  const comparison = await compare({
    subjects: ['library'],
    rounds,
    async measure() {
      const plain = await read(server, [`/plain?${query}`]);
      return { cpu: ((await read(server, [`/cards?${query}`])) - plain) / LISTED };
    },
  });
  const of = `${LISTED} records in one list, beyond the read`;
  return comparison.row({ of, measure: 'cpu', label: 'CPU per record', unit: 'µs', demands: [{ atMost: 2 }] });
}

async function byRequest(servers, rounds, records) {
  const server = servers.get('library');
  const paths = { library: '/cards', 'undecorated route': '/plain' };
  const comparison = await compare({
    subjects: Object.keys(paths),
    rounds,
    async measure(subject) {
      const numbers = Array.from({ length: records / SOCKETS }, (_, n) => n);
      return {
        cpu: await read(
          server,
          numbers.map((n) => `${paths[subject]}/${n}`),
        ),
      };
    },
  });
  // The subscription costs no more than the request that brings it.
  const demands = [{ beside: 'undecorated route', atMost: 2 }];
  return comparison.row({ of: 'by a read of each', measure: 'cpu', label: 'CPU per read', unit: 'µs', demands });
}
