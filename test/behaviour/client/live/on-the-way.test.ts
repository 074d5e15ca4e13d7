import { describe, expect, it } from 'vitest';
import { type ArrivedRead, ScriptedServer } from '../positions/support/scripted-server.js';
import { client, reaches } from '../support/client.js';

interface Titled {
  id: number;
  title: string;
}

const titled = (id: number, title: string): Titled => ({ id, title });

function answer(read: ArrivedRead, rows: Titled | Titled[], position: number, topics: string, id: string): void {
  const resource = 'card; id=id';
  const places = { 'realtime-position': `e1; card=${position}`, 'realtime-topics': topics };
  read.answer({ 'realtime-resource': resource, 'realtime-recovery': id, ...places }, rows);
}

const updated = (title: string): object => ({ verb: 'updated', id: 1, data: { title } });

const end = (id: string, position: number): object => {
  return { id, recovered: true, resources: ['card'], position: `e1; card=${position}` };
};

/** A client that shows a list of one card, which has read up to position 10. */
async function openList() {
  const server = await ScriptedServer.start();
  const sockets = client(server.url);
  const list = sockets.live<Titled[]>('/cards');
  answer(await server.nextRead(), [titled(1, 'first')], 10, 'A', '1');
  server.emit('sockets:recovered', end('1', 10));
  await list.ready();
  return { server, sockets, list };
}

describe('While an answer is on its way, a live query', () => {
  it('shows changes in the order of publication, though it hears of the last ones first, by another read', async () => {
    const { server, sockets } = await openList();
    const one = sockets.live<Titled>('/cards/1');
    const shown: unknown[] = [];
    one.subscribe(({ data }) => void shown.push(data));
    const read = await server.nextRead();

    server.emit('card', updated('third'), { epoch: 'e1', topics: { A: [10, 12], B: [11, 12] } });
    await server.settle(sockets);
    answer(read, titled(1, 'first'), 10, 'B', '2');
    // Who follows the list only does not hear of it.
    server.emit('card', updated('second'), { epoch: 'e1', topics: { B: [0, 11] } });
    server.emit('sockets:recovered', end('2', 12));
    await one.ready();

    expect(shown).toEqual([titled(1, 'third')]);
  });

  it('reads again where something is revoked that only that answer shows, on a new connection', async () => {
    const { server, sockets, list } = await openList();
    const shown: unknown[] = [];
    list.subscribe(({ data }) => void shown.push(data));
    server.cut();
    await reaches(sockets, 'reconnecting');
    answer(await server.nextRead(), [titled(1, 'first'), titled(5, 'secret')], 14, 'A', '2');

    server.emit('revoked', { resource: 'card', ids: [5] });
    server.emit('sockets:recovered', end('2', 14));

    answer(await server.nextRead(), [titled(1, 'first')], 14, 'A', '3');
    server.emit('sockets:recovered', end('3', 14));
    await expect.poll(() => list.status).toBe('live');
    expect(list.data).toEqual([titled(1, 'first')]);
    expect(JSON.stringify(shown)).not.toContain('secret');
  });

  it('never shows what is revoked before everything has followed the first answer', async () => {
    const server = await ScriptedServer.start();
    const sockets = client(server.url);
    const list = sockets.live<Titled[]>('/cards');
    const shown: unknown[] = [];
    list.subscribe(({ data }) => void shown.push(data));
    answer(await server.nextRead(), [titled(1, 'first'), titled(5, 'secret')], 10, 'A', '1');
    await server.settle(sockets);

    server.emit('revoked', { resource: 'card', ids: [5] });
    server.emit('sockets:recovered', end('1', 10));

    answer(await server.nextRead(), [titled(1, 'first')], 10, 'A', '2');
    server.emit('sockets:recovered', end('2', 10));
    await expect.poll(() => list.status).toBe('live');
    expect(shown.filter(Boolean)).toEqual([[titled(1, 'first')]]);
  });

  it('shows nothing yet to who asks for the same by other rules', async () => {
    const server = await ScriptedServer.start();
    const sockets = client(server.url);
    const list = sockets.live<Titled[]>('/cards');
    list.subscribe(() => undefined);
    answer(await server.nextRead(), [titled(1, 'first')], 10, 'A', '1');
    await server.settle(sockets);

    const sorted = sockets.live<Titled[]>('/cards', { compare: (one, other) => one.id - other.id });
    const shown: unknown[] = [];
    sorted.subscribe(({ data }) => void shown.push(data));
    await server.settle(sockets);
    expect(sorted.status).toBe('loading');
    server.emit('card', updated('second'), { epoch: 'e1', topics: { A: [10, 11] } });
    server.emit('sockets:recovered', end('1', 11));

    await expect.poll(() => sorted.data).toEqual([titled(1, 'second')]);
    expect(shown.filter(Boolean)).toEqual([[titled(1, 'second')]]);
    expect(list.data).toEqual(sorted.data);
  });
});
