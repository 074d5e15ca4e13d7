import { describe, expect, it, onTestFinished } from 'vitest';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { client, reaches } from '../support/client.js';
import { follow } from './support/followed.js';
import { ScriptedServer } from './support/scripted-server.js';

/** Catches what is thrown without anybody to catch it. */
function catchUncaught(): unknown[] {
  const caught: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => void caught.push(error.message));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  return caught;
}

describe('A listener', () => {
  it('that throws keeps no message from others, and does not hear it again', async () => {
    const caught = catchUncaught();
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard } = follower;
    sockets.onGap(() => {
      throw new Error('from onGap');
    });
    sockets.on('card', () => {
      throw new Error('from on');
    });
    sockets.on('card', (message) => heard.push(`also ${message.id}`));

    server.publish({ A: [10, 11] });
    server.publish({ A: [12, 13] });
    (await server.nextQuestion()).answer({ recovered: true, position: 'e1; card=13' });
    await eventually(() => expect(heard).toEqual([11, 'also 1', 13, 'also 1']));
    server.cut();

    expect((await server.nextRead()).since).toBe('e1; card=13');
    expect(caught).toEqual(['from on', 'from on', 'from onGap']);
  });

  it('that was added twice by a page that is rendered twice hears what one read brings, once each', async () => {
    const server = await ScriptedServer.start();
    const sockets = client(server.url);
    const heard: unknown[] = [];
    const repeat = (): void => undefined;
    const mount = (): (() => void) => {
      const page = new AbortController();
      sockets.get('/cards', undefined, { repeat, signal: page.signal }).catch(() => undefined);
      const stop = sockets.on('card', (message) => 'data' in message && heard.push(message.data));
      return () => {
        stop();
        page.abort();
      };
    };

    const unmount = mount();
    const first = await server.nextRead();
    unmount();
    mount();
    const second = await server.nextRead();
    second.answer({ 'realtime-position': 'e1; card=11', 'realtime-topics': 'A' });
    first.answer({ 'realtime-position': 'e1; card=10', 'realtime-topics': 'A' });
    server.publish({ A: [10, 11] });
    server.publish({ A: [11, 12] });
    server.publish({ A: [11, 12] });

    await eventually(() => expect(heard).not.toEqual([]));
    await server.settle(sockets);
    expect(heard).toEqual([12]);
  });

  it('hears what follows an answer after the caller has the answer, even if both arrive at once', async () => {
    const { server, sockets, heard } = await follow();
    const reading = sockets.get('/cards').then(() => heard.push('answer'));
    const read = await server.nextRead();

    read.answer({ 'realtime-position': 'e1; card=10', 'realtime-topics': 'A' });
    server.publish({ A: [10, 11] });
    await reading;

    await eventually(() => expect(heard).toEqual(['answer', 11]));
  });

  it('that hears one message only takes the first in order', async () => {
    const { server, sockets } = await follow();
    const heard: unknown[] = [];
    sockets.once('card', (message) => 'data' in message && heard.push(message.data));

    server.publish({ A: [11, 12] });
    server.publish({ A: [10, 11] });
    await server.settle(sockets);

    expect(heard).toEqual([11]);
  });

  it('of the socket itself hears everything as it arrives', async () => {
    const { server, sockets } = await follow();
    const raw: unknown[] = [];
    sockets.socket.on('card', ({ data }: { data: unknown }) => raw.push(data));

    server.publish({ A: [11, 12] });
    server.publish({ A: [10, 11] });
    server.publish({ A: [10, 11] });
    await server.settle(sockets);

    expect(raw).toEqual([12, 11, 11]);
  });

  it('hears what has no positions after what came before it', async () => {
    const { server, sockets, heard } = await follow();

    server.publish({ A: [11, 12] });
    server.emit('card', { verb: 'messaged', id: 1, data: 'plain' }, { id: 'x' });
    for (const topics of [{}, { A: 5 }, { A: ['1', '2'] }, 'A']) {
      server.emit('card', { verb: 'messaged', id: 1, data: 'odd' }, { id: 'x', epoch: 'e1', topics });
    }
    server.publish({ A: [10, 11] });
    await server.settle(sockets);

    expect(heard).toEqual([11, 12, 'plain', 'odd', 'odd', 'odd', 'odd']);
  });
});

describe('Another epoch', () => {
  it('ends what was known, is told once, and has reads repeated once', async () => {
    const clock = stopClock();
    const { server, sockets, heard, gaps } = await follow('A', { isRepeated: true });
    server.publish({ A: [11, 12] });
    server.epoch = 'e2';
    server.publish({ A: [1, 2] });
    server.publish({ A: [2, 3] });
    server.epoch = 'e1';
    server.publish({ A: [12, 13] });
    await server.settle(sockets);
    await clock.pass(250);

    (await server.nextRead()).answer({ 'realtime-position': 'e2; card=3', 'realtime-topics': 'A' }, 'anew');
    await server.settle(sockets);
    await clock.pass(2_000);
    await server.settle(sockets);

    expect(heard).toEqual([12, 2, 3, 13, ['anew']]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
    expect(server.unseenReads).toBe(0);
  });

  it('shows nothing again that was counted in the one before, too', async () => {
    const { server, sockets, heard } = await follow('A');
    const send = (data: number, epoch: string, position: number): void =>
      server.emit(
        'card',
        { verb: 'messaged', id: 1, data },
        { id: `${data}`, epoch, topics: { A: [position - 1, position] } },
      );

    for (const data of [1, 2, 3]) send(data, 'e1', 10 + data);
    for (const data of [2, 3, 4]) send(data, 'e2', 20 + data);
    send(4, 'e1', 14);
    await server.settle(sockets);

    expect(heard).toEqual([1, 2, 3, 4]);
  });

  it('shows again what came by another connection, since the answer to its read may be older', async () => {
    const { server, sockets, heard } = await follow('A', { isRepeated: true });
    const message = { verb: 'messaged', id: 1, data: 11 };

    server.emit('card', message, { id: 'x', epoch: 'e1', topics: { A: [10, 11] } });
    await server.settle(sockets);
    server.cut();
    const read = await server.nextRead();
    read.answer({ 'realtime-position': 'e2; card=1', 'realtime-topics': 'A' }, 'anew');
    await eventually(() => expect(heard).toEqual([11, ['anew']]));
    server.emit('card', message, { id: 'x', epoch: 'e2', topics: { A: [1, 2] } });
    await server.settle(sockets);

    expect(heard).toEqual([11, ['anew'], 11]);
  });
});

describe('A client that is told that messages are left out', () => {
  it('finds no gap where they were', async () => {
    const { server, sockets, heard, gaps } = await follow('A', { isRepeated: true });

    server.publish({ A: [10, 11] });
    server.emit('sockets:stale', { resource: 'card' });
    server.publish({ A: [19, 20] });
    server.publish({ A: [20, 21] });
    await server.settle(sockets);

    expect(heard).toEqual([11, 20, 21]);
    expect(gaps).toEqual([]);
    expect((await server.nextRead()).since).toBe('e1; card=19 A=21');
  });
});

describe('A change whose end is waited for', () => {
  it('comes round after everything that was held by then', async () => {
    const { server, sockets, heard } = await follow();
    const changing = sockets.mutate('post', '/cards').then(() => heard.push('done'));
    const change = await server.nextChange();

    server.publish({ A: [11, 12] });
    server.emit('sockets:mutated', { mutation: change.mutation });
    change.answer();
    await server.settle(sockets);
    expect(heard).toEqual([]);
    server.publish({ A: [10, 11] });
    await changing;

    expect(heard).toEqual([11, 12, 'done']);
  });
});

describe('Namespaces', () => {
  it('know their own positions', async () => {
    const { server, sockets, heard, gaps } = await follow();
    const other = client(`${server.url}/other`);
    await reaches(other, 'connected');
    other.on('card', (message) => 'data' in message && heard.push(`other ${String(message.data)}`));

    server.publish({ A: [11, 12] }, 'card', '/other');
    server.publish({ A: [10, 11] });
    await server.settle(sockets);
    await eventually(() => expect(heard).toEqual(['other 12', 11]));

    expect(gaps).toEqual([]);
  });
});
