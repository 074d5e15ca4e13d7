import {
  Controller,
  Get,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { RequestingSocket } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';

/** Things that have nothing to do with it, and must not get in the way. */
class Bystander implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle();
  }
}

@Controller('whoami')
@UseInterceptors(Bystander)
class WhoAmIController {
  @Get()
  whoAmI(@RequestingSocket() socket: Socket | undefined) {
    return { id: socket?.id ?? 'nobody', namespace: socket?.nsp.name };
  }
}

@WebSocketGateway()
class WhoAmIGateway {
  @SubscribeMessage('whoami')
  whoAmI(@RequestingSocket() socket: Socket, @MessageBody() body: unknown) {
    return { id: socket.id, body };
  }
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {}

async function whoAmI(app: TestApplication, headers: Record<string, string>): Promise<string> {
  const { status, body } = await app.request('GET', '/whoami', undefined, headers);
  expect(status).toBe(200);
  return (body as { id: string }).id;
}

const ALICE = { cookie: 'sid=alice; theme=dark' };

describe('@RequestingSocket()', () => {
  const startIt = () => start({ controllers: [WhoAmIController], providers: [WhoAmIGateway, AdminGateway] });

  it('gives the socket that the request names by X-Socket-Id', async () => {
    const app = await startIt();
    const [a, b] = [await app.connect(), await app.connect()];

    expect(await whoAmI(app, { 'X-Socket-Id': a.id })).toBe(a.id);
    expect(await whoAmI(app, { 'x-socket-id': b.id })).toBe(b.id);
  });

  it('gives nothing without the header, for an unknown id, and for a socket that is gone', async () => {
    const app = await startIt();
    const client = await app.connect();
    const { id } = client;

    expect(await whoAmI(app, {})).toBe('nobody');
    for (const wrong of ['', 'unknown', '__proto__', `${id}, ${id}`, id.toLowerCase() + id]) {
      expect(await whoAmI(app, { 'x-socket-id': wrong })).toBe('nobody');
    }
    client.socket.disconnect();
    await expect.poll(() => whoAmI(app, { 'x-socket-id': id })).toBe('nobody');
  });

  it('gives a room to nobody, even if it has a single member', async () => {
    const app = await startIt();
    const client = await app.connect();
    await app.sockets.join(client.id, 'room');

    expect(await whoAmI(app, { 'x-socket-id': 'room' })).toBe('nobody');
  });

  it('gives a socket of another namespace', async () => {
    const app = await startIt();
    const admin = await app.connect({ namespace: '/admin' });

    const { body } = await app.request('GET', '/whoami', undefined, { 'x-socket-id': admin.id });

    expect(body).toEqual({ id: admin.id, namespace: '/admin' });
  });

  it('gives a socket with cookies only to requests that carry those that say who is asking', async () => {
    const app = await startIt();
    const { id } = await app.connect({ extraHeaders: ALICE });

    expect(await whoAmI(app, { 'x-socket-id': id, ...ALICE })).toBe(id);
    expect(await whoAmI(app, { 'x-socket-id': id, cookie: 'later=1; theme=dark;sid=alice' })).toBe(id);
    expect(await whoAmI(app, { 'x-socket-id': id, cookie: 'sid=alice; theme=light' })).toBe(id);
    for (const cookie of ['sid=mallory; theme=dark', 'theme=dark', 'sid=alice2; theme=dark', 'sid=; theme=dark', '']) {
      expect(await whoAmI(app, { 'x-socket-id': id, cookie })).toBe('nobody');
    }
    expect(await whoAmI(app, { 'x-socket-id': id })).toBe('nobody');
  });

  it('gives a socket with an authorization only to requests that carry the same', async () => {
    const app = await startIt();
    const { id } = await app.connect({ extraHeaders: { authorization: 'Bearer alice' } });

    expect(await whoAmI(app, { 'x-socket-id': id, authorization: 'Bearer alice' })).toBe(id);
    expect(await whoAmI(app, { 'x-socket-id': id, authorization: 'Bearer mallory' })).toBe('nobody');
    expect(await whoAmI(app, { 'x-socket-id': id })).toBe('nobody');
  });

  it('takes the token of the handshake for the bearer token, which a browser cannot send on a websocket', async () => {
    const app = await startIt();
    const plain = await app.connect({ auth: { token: 'alice' } });
    const written = await app.connect({ auth: { token: 'Bearer alice' } });
    const noString = await app.connect({ auth: { token: { toString: 'alice' } } });

    for (const { id } of [plain, written]) {
      expect(await whoAmI(app, { 'x-socket-id': id, authorization: 'Bearer alice' })).toBe(id);
      expect(await whoAmI(app, { 'x-socket-id': id, authorization: 'Bearer mallory' })).toBe('nobody');
      expect(await whoAmI(app, { 'x-socket-id': id })).toBe('nobody');
    }
    expect(await whoAmI(app, { 'x-socket-id': noString.id, authorization: 'Bearer alice' })).toBe('nobody');
  });

  it('gives a socket without credentials to nobody who has an authorization', async () => {
    const app = await startIt();
    const { id } = await app.connect();

    expect(await whoAmI(app, { 'x-socket-id': id, authorization: 'Bearer alice' })).toBe('nobody');
  });

  it('gives the client itself in a handler of a gateway', async () => {
    const app = await startIt();
    const [a, b] = [await app.connect(), await app.connect()];

    expect(await a.socket.emitWithAck('whoami', 1)).toEqual({ id: a.id, body: 1 });
    expect(await b.socket.emitWithAck('whoami', 2)).toEqual({ id: b.id, body: 2 });
  });
});

describe('two applications in one process', () => {
  it('know their own sockets only', async () => {
    const [one, two] = await Promise.all([0, 1].map(() => start({ controllers: [WhoAmIController] })));
    const client = await one.connect();

    expect(await whoAmI(one, { 'x-socket-id': client.id })).toBe(client.id);
    expect(await whoAmI(two, { 'x-socket-id': client.id })).toBe('nobody');
  });
});
