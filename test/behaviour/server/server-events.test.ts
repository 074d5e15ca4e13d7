import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InvalidEventError } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { expectRefusal } from '../../support/refusal.js';
describe('server events on a single server', () => {
  it('row 16: emit reaches nobody here, blast reaches the listeners here; no client hears any of it', async () => {
    const app = await start();
    const client = await app.connect();
    const heard: unknown[][] = [];
    app.sockets.onServerEvent('cache', (...args) => heard.push(args));

    await app.sockets.serverSideEmit('cache', 'emitted');
    await app.sockets.serverSideBlast('cache', 'blasted', { key: 1 });
    await app.sockets.serverSideBlast('nobody listens');

    await app.settle();
    expect(heard).toEqual([['blasted', { key: 1 }]]);
    expect(client.heard('cache')).toEqual([]);
  });

  it('row 16: alone, there is nobody to tell, and no complaint on the console', async () => {
    const app = await start();
    const complaints = (['warn', 'error', 'log', 'info'] as const).map((level) => vi.spyOn(console, level));
    onTestFinished(() => complaints.forEach((spy) => spy.mockRestore()));

    await app.sockets.serverSideEmit('cache', 1);
    await app.sockets.serverSideBlast('cache', 1);
    await app.sockets.join('somebody', 'room');
    await app.sockets.leaveAll('room');

    const said = complaints.flatMap((spy) => spy.mock.calls.flat().map(String));
    expect(said.filter((line) => /adapter|serverSideEmit/.test(line))).toEqual([]);
  });

  it('a listener hears what JSON makes of the data, as on another server', async () => {
    const app = await start();
    const heard: unknown[] = [];
    app.sockets.onServerEvent('cache', (...args) => heard.push(args));
    const data = { at: new Date(0), secret: () => 1 };

    await app.sockets.serverSideBlast('cache', data, undefined);

    expect(heard).toEqual([[{ at: '1970-01-01T00:00:00.000Z' }, null]]);
  });

  it('the function that onServerEvent gives ends the listening', async () => {
    const app = await start();
    const heard: unknown[] = [];
    const end = app.sockets.onServerEvent('cache', (key) => heard.push(key));

    await app.sockets.serverSideBlast('cache', 1);
    end();
    await app.sockets.serverSideBlast('cache', 2);

    expect(heard).toEqual([1]);
  });

  it('a listener that throws or rejects is logged, and the others hear it', async () => {
    const app = await start();
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    onTestFinished(() => log.mockRestore());
    const heard: unknown[] = [];
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    app.sockets.onServerEvent('cache', () => {
      throw thrown;
    });
    app.sockets.onServerEvent('cache', () => Promise.reject(rejected));
    app.sockets.onServerEvent('cache', (key) => heard.push(key));

    await app.sockets.serverSideBlast('cache', 1);

    await app.settle();
    expect(heard).toEqual([1]);
    expect(log.mock.calls.filter(([line]) => String(line).includes('"cache"'))).toEqual([
      ['A listener of the server event "cache" failed. thrown', thrown.stack],
      ['A listener of the server event "cache" failed. rejected', rejected.stack],
    ]);
  });

  it('events that are none, that a namespace has of its own, or that would end a process are refused', async () => {
    const app = await start();
    const reserved = ['connect', 'connection', 'new_namespace', 'error', 'newListener', 'removeListener'];

    for (const [event, words] of [
      ...reserved.map((name) => [name, `"${name}" is an event of Socket.IO itself`]),
      ['', 'an empty string is not an event name'],
      [5, 'the number 5 is not an event name'],
      [undefined, 'undefined is not an event name'],
    ] as Array<[never, string]>) {
      await expectRefusal(
        app.sockets.serverSideEmit(event),
        InvalidEventError,
        'INVALID_EVENT',
        `serverSideEmit: ${words}`,
      );
      await expectRefusal(
        app.sockets.serverSideBlast(event),
        InvalidEventError,
        'INVALID_EVENT',
        `serverSideBlast: ${words}`,
      );
      await expectRefusal(
        () => app.sockets.onServerEvent(event, () => undefined),
        InvalidEventError,
        'INVALID_EVENT',
        `onServerEvent: ${words}`,
      );
    }
  });

  it('namespaces hear their own only', async () => {
    const app = await start();
    const heard: unknown[] = [];
    app.sockets.onServerEvent('cache', () => heard.push('/'));
    app.sockets.of('/admin').onServerEvent('cache', () => heard.push('/admin'));

    await app.sockets.of('/admin').serverSideBlast('cache');

    expect(heard).toEqual(['/admin']);
  });
});
