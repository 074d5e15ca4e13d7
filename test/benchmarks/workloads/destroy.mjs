import { Audience } from '../clients/audience.mjs';
import { compare } from '../measuring/compare.mjs';

const LONGEST_TURN_MS = 50;

/** A record goes that many sockets of different audiences follow. All of them hear it, and are unsubscribed. */
export const destroy = {
  name: 'Destroy',
  servers: { library: { views: true }, 'socket-io': {} },
  async run({ servers, rounds, quick }) {
    const sockets = quick ? 1_000 : 5_000;
    const records = rounds + 1;
    const audiences = new Map();
    for (const subject of servers.subjects) {
      const audience = new Audience(servers.get(subject), { follows: { count: records, records }, verb: 'destroyed' });
      await audience.connect(sockets, { auth: (index) => ({ user: index }) });
      audiences.set(subject, audience);
    }
    const comparison = await compare({
      subjects: servers.subjects,
      rounds,
      async measure(subject, round) {
        const audience = audiences.get(subject);
        const heard = audience.expect(sockets);
        const { cpu, longest } = await servers.get(subject).call('measured', { command: 'destroy', argument: round });
        await heard;
        return { cpu: cpu / 1_000, longest };
      },
    });
    for (const audience of audiences.values()) audience.close();
    const of = `${sockets} subscribers, 4 views`;
    const turn = { label: 'longest turn', unit: 'ms', demands: [{ atMost: LONGEST_TURN_MS }] };
    return [
      comparison.row({ of, measure: 'longest', ...turn }),
      comparison.row({ of, measure: 'cpu', label: 'CPU', unit: 'ms' }),
    ];
  },
};
