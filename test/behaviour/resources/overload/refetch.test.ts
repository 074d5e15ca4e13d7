import { Controller, Get } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  SubscribesTo,
  type SocketsModuleOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { type Card, CardsController, read, story } from './support/cards.js';
import { sendUntilBehind, stopReading } from './support/lagging.js';

@Controller('notes')
@Resourceful('note')
class NotesController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): Array<{ id: number }> {
    return [{ id: 1 }];
  }
}

@WebSocketGateway({ namespace: '/team' })
@SubscribesTo('card', { watch: true })
class TeamGateway {}

const controllers = [CardsController, NotesController];

const startWith = (options: SocketsModuleOptions = {}): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot(options)], controllers, providers: [TeamGateway] });

describe("A client that falls behind, of a resource with overload: 'refetch'", () => {
  it('is told once to read again, instead of what was published meanwhile', async () => {
    const app = await startWith();
    const [slow, reader] = [await app.connect(), await app.connect()];
    for (const client of [slow, reader]) await read(client, '/cards');
    const cards = app.channel<Card>('card');

    await cards.publishUpdate(1, { title: 'in time' });
    await slow.next('card');
    const readOn = stopReading(slow.socket);
    await sendUntilBehind(app);
    const titles = Array.from({ length: 1_000 }, (_, n) => `${n}`.padEnd(10_000));
    for (const title of titles) await cards.publishUpdate(1, { title });
    readOn();
    await slow.next('sockets:stale');
    await cards.publishUpdate(1, { title: 'afterwards' });
    await app.settle();

    expect(story(slow)).toEqual(['in time', { resource: 'card' }, 'afterwards']);
    expect(story(reader)).toEqual(['in time', ...titles, 'afterwards']);
    expect(app.sockets.metrics()).toMatchObject({ connections: 2, refused: { slowClient: 0, staleNotice: 1 } });
    expect(await app.sockets.rooms()).not.toContain('sockets:behind');
  });

  it('is told after everything that was sent before', async () => {
    const app = await startWith();
    const slow = await app.connect();
    await read(slow, '/cards');

    const readOn = stopReading(slow.socket);
    await sendUntilBehind(app);
    app.sockets.server.emit('noise', 'the last');
    readOn();
    await slow.next('sockets:stale');

    const events = slow.received.map(([event, data]) => (data === 'the last' ? data : event));
    expect(events.indexOf('the last')).toBeGreaterThan(0);
    expect(events.indexOf('the last')).toBeLessThan(events.indexOf('sockets:stale'));
  });

  it('is sent what routes have answered no more than what code publishes', async () => {
    const app = await startWith({ authenticate: () => ({ id: 7 }) });
    const [slow, reader] = [await app.connect(), await app.connect()];
    for (const client of [slow, reader]) await read(client, '/cards/1');

    const readOn = stopReading(slow.socket);
    await sendUntilBehind(app);
    await app.request('PATCH', '/cards/1', { title: 'meanwhile' });
    await reader.next('card');
    readOn();
    await slow.next('sockets:stale');
    await app.request('PATCH', '/cards/1', { title: 'afterwards' });
    await slow.next('card');

    expect(story(slow)).toEqual([{ resource: 'card' }, 'afterwards']);
  });

  it('is told in each namespace, and of resources that it was subscribed to when it fell behind', async () => {
    const app = await startWith();
    const slow = await app.connect();
    await read(slow, '/cards/5');
    const team = slow.socket.io.socket('/team');
    const told: unknown[] = [];
    await new Promise<void>((resolve) => void team.once('connect', resolve));
    team.on('sockets:stale', (staleness: unknown) => told.push(staleness));

    const readOn = stopReading(slow.socket);
    await sendUntilBehind(app);
    await app.channel<Card>('card').publishDestroy(5);
    readOn();

    await slow.next('sockets:stale');
    await eventually(() => expect(told).toEqual([{ resource: 'card' }]));
    team.disconnect();
  });

  it('is sent the messages of other resources, and not told of what it has not read', async () => {
    const app = await startWith();
    const [slow, other] = [await app.connect(), await app.connect()];
    await read(slow, '/notes');
    await read(other, '/cards');

    const readOn = [slow, other].map(({ socket }) => stopReading(socket));
    await sendUntilBehind(app, 2);
    await app.channel('note').publishUpdate(1, { text: 'meanwhile' });
    readOn.forEach((again) => again());
    await slow.next('note');
    await other.next('sockets:stale');
    await app.settle();

    expect(slow.heard('sockets:stale')).toEqual([]);
  });

  it('is disconnected nevertheless, if it takes nothing at all', async () => {
    const reasons: string[] = [];
    const app = await startWith({
      limits: { stallTimeout: 500 },
      afterDisconnect: (_socket, reason) => void reasons.push(reason),
    });
    const slow = await app.connect();
    await read(slow, '/cards');

    stopReading(slow.socket);
    await sendUntilBehind(app);

    await eventually(() => expect(reasons).toEqual(['stalled client']));
  });
});

describe('The option "overload"', () => {
  it("is 'disconnect' or 'refetch'", async () => {
    const resources = { card: { overload: 'drop' as 'refetch' } };

    await expect(start({ imports: [SocketsModule.forRoot({ resources })] })).rejects.toThrow(
      `the option "overload" must be 'disconnect' or 'refetch'`,
    );
  });
});
