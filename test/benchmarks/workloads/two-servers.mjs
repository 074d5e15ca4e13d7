import { Audience } from '../clients/audience.mjs';
import { compare } from '../measuring/compare.mjs';
import { RedisProgram } from '../measuring/redis-program.mjs';
import { ServerProcess } from '../measuring/server-process.mjs';

const SUBJECTS = {
  library: ['redis-library', {}],
  'library, sharded': ['redis-library', { mode: 'sharded' }],
  'redis-adapter': ['redis-adapter', {}],
};

/** Who follows what is published: half of them on each server. */
const FOLLOWERS = [
  { followers: 0, updates: 3_000, perSecond: 1_500, total: 0.85, other: 0.2 },
  { followers: 10, updates: 1_500, perSecond: 1_000, total: 0.6 },
  { followers: 1_000, updates: 60, perSecond: 50, total: 0.4 },
];

/** More records than anybody publishes, so that no update is about the one that clients follow. */
const RECORDS = 10_000_019;

/** Two servers and the Redis that joins them. One of them publishes. */
class Pair {
  static async start(subject, url) {
    const [server, options] = SUBJECTS[subject];
    const all = { url, prefix: subject.replaceAll(/\W/g, '-'), ...options };
    return new Pair(server, await Promise.all([1, 2].map(() => ServerProcess.start(server, all))));
  }

  constructor(kind, servers) {
    this.isOfLibrary = kind === 'redis-library';
    this.servers = servers;
    this.audiences = servers.map((server) => new Audience(server));
  }

  /** Connects clients to each server until there are so many, all of which follow the same record. */
  async connect(each) {
    const follow = async (client, index) => {
      if (!this.isOfLibrary) return client.request('follow', { index, count: 1, records: 1 });
      return client.request('get', { url: '/cards/0' });
    };
    for (const audience of this.audiences) await audience.connect(each - audience.clients.length, { follow });
  }

  /** Waits until all clients have heard so many updates of their record. */
  async heard(updates) {
    await Promise.all(this.audiences.map((audience) => audience.expect(updates * audience.clients.length)));
  }

  cpu() {
    return Promise.all(this.servers.map((server) => server.cpu()));
  }

  async stop() {
    for (const audience of this.audiences) audience.close();
    const used = await Promise.all(this.servers.map((server) => server.stop()));
    return used[0] + used[1];
  }
}

/** One of two servers publishes, and sockets of both hear it, or nobody does. */
export const twoServers = {
  name: 'Two servers',
  async run({ rounds, quick, addCpu }) {
    const redis = await RedisProgram.start();
    if (!redis) {
      process.stdout.write('There is no redis-server here, so nothing is measured of two servers.\n');
      return [];
    }
    const subjects = Object.keys(SUBJECTS).filter((subject) => !quick || subject !== 'library, sharded');
    const pairs = new Map();
    for (const subject of subjects) pairs.set(subject, await Pair.start(subject, redis.url));
    const rows = [];
    let from = 1;
    for (const { followers, updates: most, perSecond, total, other } of FOLLOWERS) {
      for (const pair of pairs.values()) await pair.connect(Math.max(1, followers / 2));
      const updates = quick ? most / 3 : most;
      const comparison = await compare({
        subjects,
        rounds,
        measure(subject) {
          const update = { from, updates, perSecond, isHeard: followers > 0 };
          from += updates;
          return measure(pairs.get(subject), redis, update);
        },
      });
      const of = followers === 0 ? 'nobody follows' : `${followers} followers`;
      const row = (figure, label, atMost) => {
        const demands = atMost === undefined ? [] : [{ beside: 'redis-adapter', atMost }];
        rows.push(comparison.row({ of, measure: figure, label, unit: 'µs', demands }));
      };
      row('total', 'CPU per update, both servers and Redis', total);
      row('publisher', 'of the publisher');
      row('other', 'of the other server', other);
      row('redis', 'of Redis');
    }
    for (const pair of pairs.values()) addCpu(await pair.stop());
    addCpu(await redis.cpu());
    await redis.stop();
    return rows;
  },
};

/** Publishes updates, of which the last is heard in any case. */
async function measure(pair, redis, { from, updates, perSecond, isHeard }) {
  const heard = pair.heard(isHeard ? updates : 1);
  const before = [...(await pair.cpu()), await redis.cpu()];
  const [publisher] = pair.servers;
  const records = isHeard ? 1 : RECORDS;
  await publisher.call('publish', { from, count: updates - 1, perSecond, records });
  await publisher.call('publish', { from: from + updates - 1, count: 1, perTurn: 1, records: 1 });
  await heard;
  const after = [...(await pair.cpu()), await redis.cpu()];
  const [own, other, ofRedis] = after.map((used, index) => (used - before[index]) / updates);
  return { total: own + other + ofRedis, publisher: own, other, redis: ofRedis };
}
