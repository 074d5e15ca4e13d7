import { describe, expect, it } from 'vitest';
import type { ClientOptions, Live, SocketsClient } from '../../../../src/front-ends/client/index.js';
import { type Clock, stopClock } from '../../../support/clock.js';
import { type ArrivedRead, ScriptedServer } from '../positions/support/scripted-server.js';
import { client, reaches } from '../support/client.js';

interface Titled {
  id: number;
  title: string;
}

interface Page {
  server: ScriptedServer;
  sockets: SocketsClient;
  live: Live<Titled[]>;
  clock: Clock;
}

/** A page that shows cards live, the first read of which is on its way. */
async function open(options?: ClientOptions): Promise<Page> {
  const clock = stopClock();
  const server = await ScriptedServer.start();
  const sockets = client(server.url, options);
  const live = sockets.live<Titled[]>('/cards');
  live.subscribe(() => undefined);
  return { server, sockets, live, clock };
}

/** The same once its first read was answered as a whole. */
async function opened(options?: ClientOptions): Promise<Page> {
  const page = await open(options);
  const { server, live, clock } = page;
  answer(await clock.passUntil(server.nextRead()), 'first', 10, '1');
  server.emit('sockets:recovered', end('1', 10));
  await clock.passUntil(live.ready());
  return page;
}

/** @param position absent where the journal is away */
function answer(read: ArrivedRead, title: string, position: number | undefined, id: string): void {
  const places = position !== undefined && { 'realtime-position': `e1; card=${position}`, 'realtime-topics': 'A' };
  read.answer({ 'realtime-resource': 'card; id=id', 'realtime-recovery': id, ...places }, [{ id: 1, title }]);
}

const end = (id: string, position: number, recovered = true): object => {
  return { id, recovered, resources: ['card'], position: `e1; card=${position}` };
};

/** The read that is repeated on the next connection. */
async function reconnect({ server, sockets, clock }: Page): Promise<ArrivedRead> {
  server.cut();
  await clock.passUntil(reaches(sockets, 'reconnecting'));
  return clock.passUntil(server.nextRead());
}

/** From now on, the server answers as a whole, and loses nothing. The page has to be in step within a minute. */
async function recover({ server, sockets, live, clock }: Page): Promise<void> {
  const serve = async (): Promise<void> => {
    for (let number = 100; ; number++) {
      answer(await server.nextRead(), 'now', 20, `${number}`);
      server.emit('sockets:recovered', end(`${number}`, 20));
    }
  };
  void serve();
  for (let step = 0; step < 240 && !(live.status === 'live' && live.data?.[0].title === 'now'); step++) {
    await clock.pass(250);
    // What was sent arrives, however busy the machine is.
    await server.settle(sockets);
  }
  expect(live).toMatchObject({ status: 'live', data: [{ id: 1, title: 'now' }] });
}

describe('A live query is in step again', () => {
  it('where the end of what follows its first answer is lost', async () => {
    const page = await open();
    answer(await page.clock.passUntil(page.server.nextRead()), 'first', 10, '1');

    await recover(page);
  });

  it('where some of what follows its first answer is lost, of which it is told together with that', async () => {
    const page = await open();
    const read = await page.clock.passUntil(page.server.nextRead());
    const states: string[] = [];
    page.live.subscribe(({ status }) => void states.push(status));

    answer(read, 'first', 10, '1');
    page.server.emit('sockets:recovered', end('1', 10, false));

    await recover(page);
    expect(states).toEqual(['live']);
  });

  it.each([
    { journal: 'there', position: 14 },
    { journal: 'away', position: undefined },
  ])('where the end of what it has missed is lost, and the journal was $journal when it was read', async (given) => {
    const page = await opened();
    answer(await reconnect(page), 'again', given.position, '2');

    await page.clock.pass(6_000);
    expect(page.live).toMatchObject({ status: 'live', data: [{ title: 'again' }] });
    page.server.emit('sockets:stale', { resource: 'card' });

    await recover(page);
  });

  it('where it follows no positions at first, and the end of what it has missed is lost', async () => {
    const page = await open();
    answer(await page.clock.passUntil(page.server.nextRead()), 'first', undefined, '1');
    await page.clock.passUntil(page.live.ready());
    answer(await reconnect(page), 'again', 14, '2');

    await page.clock.pass(6_000);

    expect(page.live).toMatchObject({ status: 'live', data: [{ title: 'again' }] });
  });

  it('where the answer to a repeated read is later than anybody waits', async () => {
    const page = await opened();
    const read = await reconnect(page);
    await page.clock.pass(20_000);
    expect(page.live.status).toBe('stale');

    answer(read, 'late', 14, '2');

    await recover(page);
  });

  it('where the answer to a repeated read is lost', async () => {
    const page = await opened({ requestTimeout: 10_000 });
    await reconnect(page);

    await recover(page);
  });

  it('where a message is lost, and so is the answer to the question for it', async () => {
    const page = await opened();
    const { server, clock } = page;
    server.emit('card', { verb: 'updated', id: 1, data: { title: 'later' } }, { epoch: 'e1', topics: { A: [11, 12] } });
    await clock.passUntil(server.nextQuestion());

    await recover(page);
  });

  it('where a server says again and again that what was missed is lost', async () => {
    const page = await opened();
    answer(await reconnect(page), 'again', 14, '2');
    page.server.emit('sockets:recovered', end('2', 14, false));
    await page.clock.passUntil(page.live.ready());
    page.server.emit(
      'card',
      { verb: 'updated', id: 1, data: { title: 'x' } },
      { epoch: 'e1', topics: { A: [15, 16] } },
    );
    (await page.clock.passUntil(page.server.nextQuestion())).answer({ recovered: false, position: 'e1; card=16' });
    answer(await page.clock.passUntil(page.server.nextRead()), 'x', 16, '3');
    page.server.emit('sockets:recovered', end('3', 16, false));
    await page.clock.passUntil(page.live.ready());

    expect(page.live).toMatchObject({ status: 'live', data: [{ title: 'x' }] });
  });
});
