import { Controller, Injectable, type OnApplicationShutdown, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InjectResource, PublishOnUpdate, type ResourceChannel, Resourceful } from '../../../../src/index.js';
import { type Answer, start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { clusteredModule, engineName, withCluster } from '../../../support/cluster.js';
import { Gate } from '../../../support/gate.js';

interface Card {
  id: number;
  boardId?: number;
  title: string;
}

const TITLE = 'renamed by who closes';
const LAST_PLACE = 'where who closes knows it to be';

/** Opened by what takes until after the shutdown has begun, and what its answer and its publication wait for. */
let begun: Gate;
let answered: Gate;
let published: Gate;

@Controller('cards')
@Resourceful('card', { idType: 'number', slices: ['boardId'] })
class CardsController {
  constructor(@InjectResource('card') private readonly cards: ResourceChannel<Card>) {}

  /** Publishes by itself. */
  @Patch(':id')
  async rename(@Param('id', ParseIntPipe) id: number): Promise<void> {
    begun.open();
    await published.opened;
    await this.cards.publishUpdate(id, { title: TITLE });
  }

  /** What is published takes longer than the answer. */
  @Patch(':id/title')
  @PublishOnUpdate({
    view: async ({ id, title }: Card): Promise<Card> => {
      await published.opened;
      return { id, title };
    },
  })
  async retitle(@Param('id', ParseIntPipe) id: number): Promise<Card> {
    begun.open();
    await answered.opened;
    return { id, title: TITLE };
  }
}

/** Publishes when Nest has closed everything that listens. */
@Injectable()
class LastJob implements OnApplicationShutdown {
  isWanted = false;

  constructor(@InjectResource('card') private readonly cards: ResourceChannel<Card>) {}

  async onApplicationShutdown(): Promise<void> {
    if (!this.isWanted) return;
    begun.open();
    await answered.opened;
    await this.cards.publishUpdate(1, { boardId: 7, title: LAST_PLACE });
    await published.opened;
    await this.cards.publishUpdate(1, { title: TITLE });
  }
}

/** Whether what joins the servers lasts as long as the application, whose own adapter has clients that it closes. */
const staysToTheEnd = !['redis', 'node-cluster'].includes(engineName);

const startCluster = withCluster();

const titlesOf = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data?: Partial<Card> }).data?.title);

/** Whether it takes connections. */
const isListening = (server: TestApplication): Promise<boolean> =>
  fetch(server.url).then(
    () => true,
    () => false,
  );

interface Ending {
  /** @returns the answer, if it is a request */
  begin(server: TestApplication): Promise<Answer> | undefined;
  /** Whether it publishes after all that the sockets' server waits for. */
  isLate?: boolean;
  /** Whether what is begun is answered before it publishes. */
  isAnswered?: boolean;
  /** Whether it says once more where the record is, before another server moves it. */
  isPlacing?: boolean;
  /** Whether the server lets no sockets in. */
  isWithoutSockets?: boolean;
}

const rename = (server: TestApplication) => server.request('PATCH', '/cards/1');

const ENDINGS: Array<[string, Ending]> = [
  ['requests under way', { begin: rename }],
  ['requests under way, where it lets in no sockets', { begin: rename, isWithoutSockets: true, isLate: true }],
  ['views of what it has answered', { begin: (server) => server.request('PATCH', '/cards/1/title'), isAnswered: true }],
  [
    'hooks of its end',
    {
      begin: (server) => {
        server.get(LastJob).isWanted = true;
        return undefined;
      },
      isLate: true,
      isPlacing: true,
    },
  ],
];

describe('A server that closes shows nothing to who may not see it any more, by', () => {
  it.for(ENDINGS)('%s', async ([, { begin, isLate, isAnswered, isPlacing, isWithoutSockets }], context) => {
    [begun, answered, published] = [new Gate(), new Gate(), new Gate()];
    const application = { controllers: [CardsController], providers: [LastJob] };
    const cluster = await startCluster(context, application);
    const { b } = cluster;
    const sockets = isWithoutSockets ? { serve: false as const } : {};
    const leaver = await start({ ...application, imports: [clusteredModule(cluster.bus, sockets)] });
    const { adapter } = b.sockets.server.of('/');
    await expect.poll(() => adapter.serverCount()).toBe(3);
    const [seven, eight] = [await cluster.connect(b), await cluster.connect(b)];
    const there = b.channel<Card>('card');
    await there.watch(seven.id, { boardId: 7 });
    await there.watch(eight.id, { boardId: 8 });
    await there.publishCreate({ id: 1, boardId: 7, title: 'new' });
    await expect.poll(() => titlesOf(seven)).toContain('new');
    await leaver.channel('card').publishUpdate(1, { boardId: 7, title: 'known to both' });
    await expect.poll(() => titlesOf(seven)).toContain('known to both');

    const ending = begin(leaver);
    if (ending) await begun.opened;
    const closed = leaver.nest.close();
    await begun.opened;
    await expect.poll(() => isListening(leaver)).toBe(false);
    answered.open();
    if (isAnswered) await ending;
    if (isPlacing) await expect.poll(() => titlesOf(seven)).toContain(LAST_PLACE);
    await there.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => titlesOf(eight)).toContain('moved');
    // It answers what it is asked after what it was told.
    await b.sockets.server.fetchSockets();
    published.open();
    await Promise.all([ending, closed]);

    if (staysToTheEnd || !isLate) await expect.poll(() => titlesOf(eight)).toContain(TITLE);
    // Nobody may be shown what is published by who does not know where its record is.
    else await eight.next('sockets:stale');
    await expect.poll(() => adapter.serverCount()).toBe(2);
    await there.publishCreate({ id: 2, boardId: 7, title: 'marker' });
    await expect.poll(() => titlesOf(seven)).toContain('marker');
    expect(titlesOf(seven)).not.toContain(TITLE);
  });
});
