import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import {
  type ClusterJournal,
  type JournalConnection,
  type JournalIntegration,
  type JournalLimits,
} from '../../../../src/index.js';
import { redisJournal } from '../../../../src/server/cluster/engines/redis.js';
import type { TestApplication } from '../../../support/application.js';
import { Gate } from '../../../support/gate.js';
import { RedisServer } from '../../../support/redis.js';
import { Cards, controllers } from '../../resources/positions/support/cards.js';
import { read, sinceOf } from '../../resources/positions/support/follow.js';
import { startWithJournal } from './support/given-journal.js';

/** A journal that can be made to refuse to say, once, where resources are. */
class ForgetfulJournal implements JournalIntegration {
  readonly name = 'forgetful()';
  private refused: Gate | undefined;

  constructor(private readonly inner: JournalIntegration) {}

  /** Resolves once it has refused. */
  refuseOnce(): Promise<void> {
    this.refused = new Gate();
    return this.refused.opened;
  }

  open(limits: JournalLimits): JournalConnection {
    const { journal, ...connection } = this.inner.open(limits);
    const positionsOf: ClusterJournal['positionsOf'] = async (streams) => {
      const { refused } = this;
      this.refused = undefined;
      refused?.open();
      if (refused) throw new Error('It does not answer now.');
      return journal.positionsOf(streams);
    };
    return {
      ...connection,
      journal: {
        positionsOf,
        append: (entry) => journal.append(entry),
        read: (question) => journal.read(question),
        forget: (stream) => journal.forget(stream),
      },
    };
  }
}

const startOne = (url: string, key: string, journal: JournalIntegration): Promise<TestApplication> =>
  startWithJournal(url, key, journal, { controllers, providers: [Cards] });

it('who was away is told that something is missing, though the journal did not answer when it was', async (context) => {
  const { url } = await RedisServer.startFor(context);
  const key = randomUUID();
  const own = (): JournalIntegration => redisJournal({ url, prefix: key });
  const journal = new ForgetfulJournal(own());
  const [a, b] = [await startOne(url, key, journal), await startOne(url, key, own())];
  for (const { sockets } of [a, b]) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  const before = await a.connect();
  const since = sinceOf(await read(before, '/boards/7/cards'));
  const others = sinceOf(await read(before, '/boards/8/cards'));
  before.socket.disconnect();

  const refused = journal.refuseOnce();
  await b.channel('card').publishUpdate(5, { title: 'elsewhere' });
  await refused;

  const back = await a.connect();
  const again = await read(back, '/boards/7/cards', { 'realtime-since': since });
  await read(back, '/boards/8/cards', { 'realtime-since': others });
  await read(back, '/boards/7/cards', { 'realtime-since': sinceOf(again) });
  await expect.poll(() => back.heard('sockets:recovered')).toHaveLength(3);
  expect(back.heard('sockets:recovered')).toMatchObject([
    { recovered: false, resources: ['card'] },
    { recovered: true },
    { recovered: true },
  ]);
});
