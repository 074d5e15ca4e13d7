import { Audience } from '../clients/audience.mjs';
import { compare } from '../measuring/compare.mjs';
import { ServerProcess } from '../measuring/server-process.mjs';

const SUBJECTS = {
  library: { subject: 'library', options: {} },
  'library, 2 handlers': { subject: 'library', options: { handlers: 2 } },
  'library, 10 handlers': { subject: 'library', options: { handlers: 10 } },
  'socket-io': { subject: 'socket-io' },
  nest: { subject: 'nest' },
  'nest, 10 handlers': { subject: 'nest', options: { handlers: 10 } },
  ws: { subject: 'ws' },
};

const WARM_UP = 100;

/** A socket is connected, is in one room, and has asked once. Then it is idle. */
export const memory = {
  name: 'Memory',
  async run({ rounds, quick, addCpu }) {
    const sockets = quick ? 300 : 2_000;
    const comparison = await compare({
      subjects: Object.keys(SUBJECTS),
      rounds: quick ? 1 : Math.min(rounds, 3),
      warmUp: 0,
      async measure(name) {
        const { subject, options } = SUBJECTS[name];
        const server = await ServerProcess.start(subject, options, ['--expose-gc']);
        const audience = new Audience(server);
        await audience.connect(WARM_UP);
        const before = await server.call('memory');
        await audience.connect(sockets);
        const after = await server.call('memory');
        audience.close();
        addCpu(await server.stop());
        const perSocket = (figure) => (after[figure] - before[figure]) / sockets / 1_024;
        return { heap: perSocket('heap'), rss: perSocket('rss') };
      },
    });
    const of = 'a socket in 1 room, after it asked once';
    const demands = ['library', 'library, 2 handlers', 'library, 10 handlers'].map((subject) => ({ subject }));
    const heap = { of, measure: 'heap', label: 'heap', unit: 'KiB' };
    return [
      comparison.row({ ...heap, demands: demands.map((one) => ({ ...one, beside: 'socket-io', atMost: 1 })) }),
      comparison.row({ of, measure: 'rss', label: 'RSS', unit: 'KiB' }),
    ];
  },
};
