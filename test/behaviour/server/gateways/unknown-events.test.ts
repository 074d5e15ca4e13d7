import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('known')
  known(): string {
    return 'known';
  }
}

@WebSocketGateway({ namespace: 'errors' })
class ErrorsGateway {
  @SubscribeMessage('error')
  error(): string {
    return 'taken down';
  }
}

const UNKNOWN = { statusCode: 404, code: 'UNKNOWN_EVENT', message: 'Nothing on this server handles that event.' };

type Reply = (value: unknown) => void;

/** @param onSocket what the application does with each socket, beside its gateways */
async function open(onSocket?: (socket: Socket) => void): Promise<{ app: TestApplication; client: TestClient }> {
  const app = await start({ providers: [EchoGateway, ErrorsGateway] });
  const server: Server = app.sockets.server;
  if (onSocket) server.on('connection', onSocket);
  return { app, client: await app.connect() };
}

const unknownEvents = (app: TestApplication): number => app.sockets.metrics().refused.unknownEvent;

describe('an event that nobody handles', () => {
  it.each([
    ['an ordinary name', 'nobody'],
    ['the name of a field of all objects', 'hasOwnProperty'],
    ['the name of a constructor', 'constructor'],
    ['the event of errors', 'error'],
    ['the event of connections', 'connection'],
    ['no name', ''],
    ['a name of 100 kB', 'x'.repeat(100_000)],
    ['control characters', '\u0000\u001b[31m\n'],
  ])('is answered with 404, and counted: %s', async (_, event) => {
    const { app, client } = await open();

    expect(await client.socket.emitWithAck(event, { secret: 1 })).toEqual(UNKNOWN);
    client.socket.emit(event, { secret: 1 });

    expect(await client.socket.emitWithAck('known')).toBe('known');
    expect(client.received).toEqual([]);
    expect(unknownEvents(app)).toBe(2);
  });

  it('may be taken for a method of HTTP that there is not, and then is refused as such', async () => {
    const { app, client } = await open();
    for (const event of ['__proto__', 'TRACE', 'Get']) {
      expect(await client.socket.emitWithAck(event, {})).toMatchObject({ body: { code: 'METHOD_NOT_ALLOWED' } });
    }
    expect(unknownEvents(app)).toBe(0);
  });

  it('may have a number in place of a name', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck(5 as unknown as string)).toEqual(UNKNOWN);
  });

  it('is known if a gateway, or a listener of the application, handles it', async () => {
    const { app, client } = await open((socket) => socket.on('mine', (reply: Reply) => reply('mine')));
    const errors = await app.connect({ namespace: '/errors' });

    expect(await client.socket.emitWithAck('mine')).toBe('mine');
    expect(await errors.socket.emitWithAck('error')).toBe('taken down');
    expect(unknownEvents(app)).toBe(0);
  });

  it('belongs to a listener of the application to any event, if there is one', async () => {
    const { app, client } = await open((socket) =>
      socket.onAny((event: string, ...args: unknown[]) => {
        if (event === 'any') setImmediate(() => (args.at(-1) as Reply)('any'));
      }),
    );
    expect(await client.socket.emitWithAck('any')).toBe('any');
    expect(unknownEvents(app)).toBe(0);
  });

  it('belongs to a middleware of the socket, if that answers; otherwise it is answered with 404', async () => {
    const { app, client } = await open((socket) =>
      socket.use(([event, ...args], next) => {
        if (event === 'asked') setImmediate(() => (args.at(-1) as Reply)('answered'));
        else next();
      }),
    );
    expect(await client.socket.emitWithAck('asked')).toBe('answered');
    expect(await client.socket.emitWithAck('nobody')).toEqual(UNKNOWN);
    expect(await client.socket.emitWithAck('known')).toBe('known');
    expect(await client.socket.emitWithAck('nobody')).toEqual(UNKNOWN);
    expect(unknownEvents(app)).toBe(2);
  });

  it('is answered in namespaces of the application without gateways, too', async () => {
    const app = await start({ providers: [] });
    app.sockets.server.of('/plain').on('connection', (socket) => socket.on('mine', (reply: Reply) => reply('mine')));
    const client = await app.connect({ namespace: '/plain' });

    expect(await client.socket.emitWithAck('mine')).toBe('mine');
    expect(await client.socket.emitWithAck('nobody')).toEqual(UNKNOWN);
  });

  it('is none of the library: requests, unsubscribing and reauthentication', async () => {
    const { client } = await open();
    const answers = [
      await client.socket.emitWithAck('get', { url: '/nowhere' }),
      await client.socket.emitWithAck('sockets:unsubscribe', { resource: 'nothing' }),
      await client.socket.emitWithAck('reauthenticate', {}),
    ] as Array<{ body: { code: string } }>;
    for (const { body } of answers) expect(body.code).not.toBe('UNKNOWN_EVENT');
  });
});
