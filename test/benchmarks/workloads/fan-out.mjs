import { Audience } from '../clients/audience.mjs';
import { compare } from '../measuring/compare.mjs';

const SUBJECTS = { library: {}, 'socket-io': {}, nest: {}, ws: {} };

/** The library without its fast delivery, to show what that is worth. */
const KNOCKED_OUT = 'library, fastDelivery: false';
const WITH_KNOCK_OUT = { ...SUBJECTS, [KNOCKED_OUT]: { subject: 'library', module: { fastDelivery: false } } };

/** With more sockets than these, a process may not have enough files for clients of every server. */
const FOR_ALL = 1_000;
const NEEDED = ['library', 'socket-io', 'ws'];

/** Connects so many clients to each of the servers, all of which follow the same. */
async function connect(servers, subjects, count, settings) {
  const audiences = new Map();
  for (const subject of subjects) {
    const audience = new Audience(servers.get(subject), settings);
    await audience.connect(count);
    audiences.set(subject, audience);
  }
  return audiences;
}

/** Measures the same updates at the servers, and ends the connections. */
async function measureUpdates({ servers, sockets, rounds, settings, updates, ...publishing }) {
  const subjects = servers.subjects.filter((subject) => sockets <= FOR_ALL || NEEDED.includes(subject));
  const audiences = await connect(servers, subjects, sockets, settings);
  let from = 0;
  const comparison = await compare({
    subjects,
    rounds,
    async measure(subject, round) {
      from = round * updates;
      return audiences.get(subject).hear({ from, count: updates, ...publishing });
    },
  });
  for (const audience of audiences.values()) audience.close();
  return comparison;
}

const CPU = { measure: 'cpu', label: 'CPU per delivery', unit: 'µs' };

const STEADY = [
  { sockets: 100, updates: 300, atMost: 0.85 },
  { sockets: 1_000, updates: 40, atMost: 0.75 },
  { sockets: 5_000, updates: 10, atMost: 0.75 },
];

/** One update after the other goes to everybody, one in each turn of the event loop. */
export const fanOut = {
  name: 'Fan-out',
  servers: WITH_KNOCK_OUT,
  async run({ servers, rounds, quick }) {
    const rows = [];
    for (const { sockets, updates, atMost } of quick ? STEADY.slice(0, 2) : STEADY) {
      const comparison = await measureUpdates({ servers, sockets, updates, rounds });
      const demands = [
        { beside: 'socket-io', atMost },
        { beside: 'ws', atMost: 1.2 },
      ];
      rows.push(comparison.row({ of: `one update a turn, ${sockets} sockets`, ...CPU, demands }));
    }
    return rows;
  },
};

/** Sixteen updates are published in one turn of the event loop, as a handler that changes much does. */
export const bursts = {
  name: 'Bursts',
  servers: WITH_KNOCK_OUT,
  async run({ servers, rounds, quick }) {
    const rows = [];
    for (const sockets of quick ? [1_000] : [100, 1_000]) {
      const updates = sockets === 100 ? 1_280 : quick ? 96 : 192;
      const comparison = await measureUpdates({ servers, sockets, updates, rounds, perTurn: 16 });
      const of = `16 updates a turn, ${sockets} sockets`;
      const demands = sockets === 1_000 ? [{ beside: 'socket-io', atLeast: 15 }] : [];
      rows.push(comparison.row({ of, measure: 'rate', label: 'deliveries', unit: '/s', demands }));
      rows.push(comparison.row({ of, ...CPU }));
    }
    return rows;
  },
};

/** Each of many sockets follows records of its own choice, and updates are about any record. */
export const manyRooms = {
  name: 'Many rooms',
  servers: SUBJECTS,
  async run({ servers, rounds, quick }) {
    const settings = { follows: quick ? { count: 100, records: 2_000 } : { count: 100, records: 10_000 } };
    const sockets = quick ? 200 : 1_000;
    const comparison = await measureUpdates({ servers, sockets, updates: 2_000, rounds, settings });
    const of = `${sockets} sockets × ${settings.follows.count} of ${settings.follows.records} records`;
    return [comparison.row({ of, ...CPU, demands: [{ beside: 'socket-io', atMost: 0.8 }] })];
  },
};

/** Updates come at a rate that leaves every server time; what counts is how late the last ones are heard. */
export const latency = {
  name: 'Latency',
  servers: SUBJECTS,
  async run({ servers, rounds, quick }) {
    const rows = [];
    for (const [sockets, perSecond] of quick
      ? [[1_000, 20]]
      : [
          [1_000, 20],
          [5_000, 4],
        ]) {
      const updates = perSecond * (quick ? 1 : 3);
      const comparison = await measureUpdates({ servers, sockets, updates, rounds, perSecond });
      const of = `${perSecond} updates a second, ${sockets} sockets`;
      const demands = [{ beside: 'socket-io', atMost: 1 }];
      rows.push(comparison.row({ of, measure: 'p99', label: 'p99', unit: 'ms', demands }));
    }
    return rows;
  },
};

/** One socket follows a record that is as large as a document. */
export const largeRecord = {
  name: 'Large record',
  servers: SUBJECTS,
  async run({ servers, rounds }) {
    const settings = { size: 65_536 };
    const comparison = await measureUpdates({ servers, sockets: 1, updates: 150, rounds, settings });
    return [comparison.row({ of: '64 KiB to 1 socket', ...CPU, demands: [{ beside: 'socket-io', atMost: 1.1 }] })];
  },
};
