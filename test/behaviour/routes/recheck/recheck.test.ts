import { beforeEach, describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import type { TestClient } from '../../../support/client.js';
import { BoardGuard, boards, Desk } from './support/boards.js';

describe('A read that is done again', () => {
  let app: TestApplication;
  let client: TestClient;
  let desk: Desk;

  beforeEach(async () => {
    app = await start({ ...boards, imports: [SocketsModule.forRoot({ recheckConcurrency: 2 })] });
    desk = app.get(Desk);
    client = await app.connect();
  });

  const read = (url: string, headers = {}): Promise<unknown> => client.socket.emitWithAck('get', { url, headers });
  const rooms = async (): Promise<string[]> =>
    (await app.sockets.socketRooms(client.id)).filter((room) => room.startsWith('resource:')).toSorted();

  it('ends the subscription when a guard has changed its mind, and the client is told', async () => {
    await read('/boards/7/cards');
    await read('/boards/8/cards');

    app.get(BoardGuard).lost.add(7);
    await client.next('revoked');
    await app.channel('card').publishUpdate(1, { boardId: 7, title: 'secret' });
    await app.channel('card').publishUpdate(3, { boardId: 8, title: 'open' });
    await app.settle();

    expect(client.heard('revoked')).toEqual([{ resource: 'card', slice: { boardId: 7 } }]);
    expect(client.heard('card')).toEqual([expect.objectContaining({ id: 3 })]);
    expect(await rooms()).toEqual(['resource:card@boardId=8']);
  });

  it('ends the subscription to a record that the answer no longer holds, and to no other', async () => {
    await read('/cards');
    desk.cards = desk.cards.filter(({ id }) => id !== 2);
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [2] }]);
    expect(await rooms()).toEqual(['resource:card/1', 'resource:card/3']);
  });

  it('subscribes to nothing that the answer holds in addition', async () => {
    await read('/cards');
    desk.cards.push({ id: 4, boardId: 9 });
    await desk.recheckedAgain();
    await app.settle();
    expect(await rooms()).toEqual(['resource:card/1', 'resource:card/2', 'resource:card/3']);
    expect(client.heard('revoked')).toEqual([]);
  });

  it('ends the subscription to a record that is gone', async () => {
    await read('/boards/7/cards/1');
    desk.cards = [];
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [1] }]);
    expect(await rooms()).toEqual([]);
  });

  it.each([401, 403, 404, 410])('takes an answer of %d for the end of it', async (status) => {
    await read('/boards/7/cards/1');
    desk.failure = status;
    await client.next('revoked');
    expect(await rooms()).toEqual([]);
  });

  it.each([400, 429, 500, 503])('takes an answer of %d for none, and tries again', async (status) => {
    await read('/boards/7/cards/1');
    desk.failure = status;
    await desk.recheckedAgain();
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await rooms()).toEqual(['resource:card/1']);

    desk.failure = 403;
    await client.next('revoked');
    expect(await rooms()).toEqual([]);
  });

  it('what another read covers is heard of further', async () => {
    await read('/cards');
    await read('/boards/7/cards/1');
    app.get(BoardGuard).lost.add(7);
    await desk.recheckedAgain();
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await rooms()).toEqual(['resource:card/1', 'resource:card/2', 'resource:card/3']);

    desk.cards = desk.cards.filter(({ id }) => id !== 1);
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [1] }]);
  });

  it('the application sees the same request, and that nobody sent it; the client hears nothing', async () => {
    const once = { 'mutation-id': 'm1', 'if-none-match': 'x', traceparent: '00-1-1-01', 'x-request-id': 'r1' };
    await read('/boards/7/cards?page=1', { 'x-tenant': 'red', ...once });
    client.forget();
    await desk.recheckedAgain();
    await app.settle();
    const [first, again] = [desk.asked[0], desk.rechecks[0]];
    expect(first.isRecheck).toBeUndefined();
    expect(again).toMatchObject({ isRecheck: true, url: '/boards/7/cards?page=1' });
    expect(again.headers).toMatchObject({ 'x-tenant': 'red', host: first.headers.host });
    for (const name of Object.keys(once)) expect(again.headers).not.toHaveProperty(name);
    expect(client.received.map(([event]) => event)).toEqual(['marker']);
  });

  it('a read over HTTP that names its socket is done again as well', async () => {
    await app.request('GET', '/boards/7/cards/1', undefined, { 'x-socket-id': client.id });
    app.get(BoardGuard).lost.add(7);
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [1] }]);
  });

  it('what its client gave up is asked about no more, and it is not told of it', async () => {
    await read('/boards/7/cards/1');
    desk.isHeld = true;
    await desk.rechecked(1);
    await client.socket.emitWithAck('sockets:unsubscribe', { resource: 'card' });
    desk.failure = 403;
    desk.release();
    // It fails in this turn.
    await new Promise((resolve) => setImmediate(resolve));
    // The next one would come before that of a read which begins later.
    const { length } = desk.rechecks;
    desk.failure = undefined;
    await read('/boards/7/cards/2');
    await desk.rechecked(length + 2);
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    const urls = desk.rechecks.slice(length).map(({ url }) => url);
    expect(new Set(urls)).toEqual(new Set(['/boards/7/cards/2']));
  });

  it('what was read anew meanwhile is not taken away by an older verdict', async () => {
    await read('/boards/7/cards/1');
    desk.isHeld = true;
    await desk.rechecked(1);
    await read('/boards/7/cards/1');
    desk.failure = 403;
    desk.release();
    await new Promise((resolve) => setImmediate(resolve));
    desk.failure = undefined;
    await desk.recheckedAgain();
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await rooms()).toEqual(['resource:card/1']);
  });

  it('an answer that takes too long is none, and is tried again', async () => {
    const clock = stopClock();
    const impatient = await start({
      ...boards,
      imports: [SocketsModule.forRoot({ requests: { timeout: 40 } })],
    });
    const slow = impatient.get(Desk);
    const reader = await impatient.connect();
    await reader.socket.emitWithAck('get', { url: '/cards' });
    slow.isHeld = true;
    await clock.passUntil(slow.rechecked(2));
    await impatient.settle();
    expect(reader.heard('revoked')).toEqual([]);
    slow.failure = 403;
    slow.release();
    await clock.passUntil(reader.next('revoked'));
  });

  it('no more are done at once than may be', async () => {
    desk.isHeld = true;
    for (const id of [1, 2, 3]) await read(`/boards/7/cards/${id}`);
    const others = await Promise.all([app.connect(), app.connect()]);
    for (const { socket } of others) await socket.emitWithAck('get', { url: '/cards' });
    await desk.rechecked(2);
    desk.release();
    await desk.rechecked(9);
    expect(desk.mostAtOnce).toBe(2);
  });

  it('a client that is gone is not asked about', async () => {
    const other = await app.connect();
    await other.socket.emitWithAck('get', { url: '/boards/8/cards' });
    await read('/boards/7/cards');
    other.socket.disconnect();
    await expect.poll(() => app.sockets.server.sockets.sockets.size).toBe(1);
    const before = desk.rechecks.length;
    await desk.rechecked(before + 4);
    const later = desk.rechecks.slice(before).map(({ url }) => url);
    expect(new Set(later)).toEqual(new Set(['/boards/7/cards']));
  });

  it('of more reads than are remembered, the oldest ends, and the client is told why', async () => {
    for (let id = 1; id <= 128; id++) await read(`/now-and-then/${id}`);
    // The first becomes the last.
    await read('/now-and-then/1');
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);

    await read('/now-and-then/129');
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [2], code: 'LIMIT_EXCEEDED' }]);
    expect(await app.channel('card').subscribers(2)).toEqual([]);
    expect(await app.channel('card').subscribers(1)).toEqual([client.id]);
  });

  it('nothing goes on when the application is closed', async () => {
    await read('/boards/7/cards');
    desk.isHeld = true;
    await desk.rechecked(1);
    const closed = app.nest.close();
    desk.release();
    await closed;
    const { length } = desk.asked;
    // Others are asked again in the time that it would be.
    const other = await start(boards);
    const { socket } = await other.connect();
    await socket.emitWithAck('get', { url: '/boards/7/cards' });
    await other.get(Desk).rechecked(3);
    expect(desk.asked).toHaveLength(length);
  });
});
