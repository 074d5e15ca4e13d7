import { Controller, Get } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { connect } from '../../support/client.js';
import { freePort } from '../../support/free-port.js';
import { listenTo, type Logs } from '../../support/logs.js';

let onConnection: () => unknown;

@WebSocketGateway({ path: '/own' })
class OwnGateway {
  handleConnection(): unknown {
    return onConnection();
  }

  @SubscribeMessage('secret')
  secret() {
    return 'secret';
  }
}

@Controller('cards')
class CardsController {
  @Get('all')
  findAll() {
    return [];
  }
}

@WebSocketGateway(0, { path: '/own' })
class AtPath {}

describe('A gateway with a path of its own', () => {
  it('lets in nobody whom "authenticate" refuses', async () => {
    onConnection = () => undefined;
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.token === 'right' })],
      providers: [OwnGateway],
    });

    await expect(connect(app.url, { path: '/own' })).rejects.toMatchObject({ data: { statusCode: 401 } });
    const client = await connect(app.url, { path: '/own', auth: { token: 'right' } });
    expect(await client.socket.timeout(60_000).emitWithAck('secret')).toBe('secret');
  });

  it('has the limits of the others, which the metrics count', async () => {
    onConnection = () => undefined;
    const limits = { connectionsPerAddress: 3, packetBurst: 20, packetsPerSecond: 1 };
    const app = await start({ imports: [SocketsModule.forRoot({ limits })], providers: [OwnGateway] });
    const client = await connect(app.url, { path: '/own' });
    await app.connect();
    await expect(app.connect({ path: '/own', extraHeaders: { origin: 'https://evil.example' } })).rejects.toThrow();
    expect(await client.socket.emitWithAck('unknown')).toMatchObject({ code: 'UNKNOWN_EVENT' });
    for (let times = 0; times < 200; times++) client.socket.emit('secret');
    await expect.poll(() => client.socket.connected).toBe(false);
    const { refused, bus, journal, ...open } = app.sockets.metrics();
    expect(open).toEqual({ connections: 1, sockets: 1 });
    expect(bus).toEqual({ unsent: 0, unreadable: 0, missed: 0 });
    expect(journal).toEqual({ bytes: 0, waiting: 0, lag: 0, late: 0, relayed: 0 });
    expect(refused).toMatchObject({ origin: 1, unknownEvent: 1 });
    expect(refused.packetRate).toBeGreaterThan(100);

    await Promise.all([connect(app.url, { path: '/own' }), app.connect()]);
    await expect(connect(app.url, { path: '/own' })).rejects.toThrow();
    expect(app.sockets.metrics()).toMatchObject({ connections: 3, refused: { connectionsPerAddress: 1 } });
  });

  it('may fail on a connection, which ends that connection and not the process', async () => {
    onConnection = () => Promise.reject(new Error('no database'));
    let logs: Logs | undefined;
    const app = await start({ providers: [OwnGateway], main: (nest) => (logs = listenTo(nest)) });
    const client = await connect(app.url, { path: '/own' });

    await expect.poll(() => client.socket.connected).toBe(false);
    expect(logs?.naming('OwnGateway.handleConnection() failed').errors).toHaveLength(1);
    expect((await app.request('GET', '/nowhere')).status).toBe(404);
  });

  it('answers what is asked of its path, and a socket cannot ask it', async () => {
    const app = await start({ providers: [AtPath], controllers: [CardsController] });
    const client = await app.connect();
    const ask = (url: string): Promise<unknown> => client.socket.timeout(60_000).emitWithAck('get', { url });

    expect(await ask('/own/?EIO=4&transport=polling')).toMatchObject({ statusCode: 501 });
    expect(await ask('/cards/all')).toMatchObject({ statusCode: 200 });
  });
});

describe('A gateway with a port of its own', () => {
  it('takes no path of the application away from requests over a socket', async () => {
    const port = await freePort();
    @WebSocketGateway(port, { path: '/cards' })
    class ElsewhereGateway {}
    const app = await start({ providers: [ElsewhereGateway], controllers: [CardsController] });
    const client = await app.connect();

    expect(await client.socket.timeout(60_000).emitWithAck('get', { url: '/cards/all' })).toMatchObject({
      statusCode: 200,
    });
  });
});

describe('The server that gateways share', () => {
  it('has limits on further HTTP servers, too, to which the application attaches it', async () => {
    const limits = { packetBurst: 20, packetsPerSecond: 1 };
    let handshakes = 0;
    const handshakeMiddleware = (_request: unknown, _response: unknown, next: () => void): void => {
      handshakes++;
      next();
    };
    const app = await start({ imports: [SocketsModule.forRoot({ limits, handshakeMiddleware })] });
    const further = createServer();
    onTestFinished(() => void further.close());
    app.sockets.server.attach(further);
    await new Promise<void>((resolve) => void further.listen(0, '127.0.0.1', resolve));
    const client = await connect(`http://127.0.0.1:${(further.address() as AddressInfo).port}`);
    expect(handshakes).toBe(1);
    for (let times = 0; times < 200; times++) client.socket.emit('unknown');
    await expect.poll(() => client.socket.connected).toBe(false);
    expect(app.sockets.metrics().refused.packetRate).toBeGreaterThan(100);
  });
});
