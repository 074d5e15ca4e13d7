import { describe, expect, it } from 'vitest';
import { SocketNotFoundError, SocketRequestTimeoutError, SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { caller, withRequest } from '../../support/caller.js';
import type { TestClient } from '../../support/client.js';
import { expectRefusal } from '../../support/refusal.js';
/** The client answers "ask" with what it was asked. */
function answering(client: TestClient): TestClient {
  client.socket.on('ask', (...args: unknown[]) => {
    const answer = args.pop() as (answer: unknown) => void;
    answer({ by: client.id, asked: args });
  });
  return client;
}

describe('request', () => {
  it.each(['id', 'socket', 'room'])('gives the answer of a socket that is named by its %s', async (kind) => {
    const app = await start();
    const client = answering(await app.connect());
    await app.connect();
    await app.sockets.join(client.id, 'alone');
    const target = { id: client.id, socket: app.sockets.get(client.id), room: 'alone' }[kind]!;

    expect(await app.sockets.request(target, 'ask', { n: 1 })).toEqual({ by: client.id, asked: [{ n: 1 }] });
  });

  it('asks nothing with no data, and a "message" with no event', async () => {
    const app = await start();
    const client = answering(await app.connect());
    client.socket.on('message', (data: unknown, answer: (answer: unknown) => void) => answer(data));

    expect(await app.sockets.request(client.id, 'ask')).toEqual({ by: client.id, asked: [] });
    expect(await app.sockets.request(client.id, '', 'text')).toBe('text');
  });

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['false', false],
    ['a record with a field "then"', { then: 'x', event: 'y' }],
    ['bytes', Buffer.from('x')],
  ])('gives %s as the answer', async (_, answer) => {
    const app = await start();
    const client = await app.connect();
    client.socket.on('ask', (reply: (answer?: unknown) => void) => (answer === undefined ? reply() : reply(answer)));

    expect(await app.sockets.request(client.id, 'ask')).toEqual(answer);
  });

  it('fails when there is no answer in time, by the option of the call', async () => {
    const app = await start();
    const client = await app.connect();

    const attempt = app.sockets.request(client.id, 'ask', 1, { timeout: 20 });

    await expectRefusal(
      attempt,
      SocketRequestTimeoutError,
      'SOCKET_REQUEST_TIMEOUT',
      'no answer to "ask" within 20 ms',
      'requestTimeout',
    );
    expect(client.heard('ask')).toEqual([1]);
  });

  it('fails when there is no answer in time, by the option of the module', async () => {
    const app = await start({ imports: [SocketsModule.forRoot({ requestTimeout: 30 })] });
    const client = await app.connect();

    await expectRefusal(
      app.sockets.request(client.id, 'ask'),
      SocketRequestTimeoutError,
      'SOCKET_REQUEST_TIMEOUT',
      'within 30 ms',
    );
  });

  it('asks exactly one socket, or none', async () => {
    const app = await start(caller);
    const [a, b] = [answering(await app.connect()), answering(await app.connect())];
    await app.sockets.join([a.id, b.id], 'both');

    await expectRefusal(app.sockets.request('nobody', 'ask'), SocketNotFoundError, 'SOCKET_NOT_FOUND', 'not 0.');
    await expectRefusal(app.sockets.request('both', 'ask'), SocketNotFoundError, 'SOCKET_NOT_FOUND', 'not 2.');
    await withRequest(app, {}, (request) =>
      expectRefusal(app.sockets.request(request, 'ask'), SocketNotFoundError, 'SOCKET_NOT_FOUND', 'not 0.'),
    );
    await app.settle();
    expect([a.heard('ask'), b.heard('ask')]).toEqual([[], []]);
  });

  it('asks the socket behind an HTTP request', async () => {
    const app = await start(caller);
    const client = answering(await app.connect());

    await withRequest(app, { 'x-socket-id': client.id }, async (request) => {
      expect(await app.sockets.request(request, 'ask', 1)).toEqual({ by: client.id, asked: [1] });
    });
  });
});
