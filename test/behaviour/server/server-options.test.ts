import { Module, type INestApplication } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { connect } from '../../support/client.js';
import { start, type ApplicationOptions } from '../../support/application.js';
import { freePort } from '../../support/free-port.js';
import { handshake, opened, request } from './support/http.js';
import { listenTo, type Logs } from '../../support/logs.js';

@WebSocketGateway()
class PlainGateway {
  @WebSocketServer() server!: Server;
}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {
  @WebSocketServer() namespace!: Namespace;
}

@WebSocketGateway({ namespace: /^\/board-\d+$/ })
class PatternGateway {}

@WebSocketGateway({
  cors: { origin: 'https://gateway.example' },
  pingInterval: 1,
  pingTimeout: 2,
  maxHttpBufferSize: 3,
  transports: ['websocket'],
  connectionStateRecovery: {},
})
class OpinionatedGateway {}

@WebSocketGateway({ path: '/realtime', pingInterval: 1 })
class SamePathGateway {
  @WebSocketServer() server!: Server;
}

@WebSocketGateway({ path: '/other', pingInterval: 4_444 })
class OtherPathGateway {
  @WebSocketServer() server!: Server;
}

const options: SocketsModuleOptions = {
  server: {
    path: '/realtime',
    pingInterval: 11_111,
    pingTimeout: 22_222,
    maxHttpBufferSize: 33_333,
    transports: ['polling'],
    cors: { origin: 'https://module.example' },
    serveClient: false,
  },
};

const sockets = SocketsModule.forRoot(options);

/** In a module of their own, which is scanned after the root module. */
const imported = (...providers: Array<new () => object>): new () => object => {
  @Module({ providers })
  class GatewaysModule {}
  return GatewaysModule;
};

const applications: Array<[gateways: string, ApplicationOptions]> = [
  ['no gateway', { imports: [sockets] }],
  ['a plain gateway in AppModule', { imports: [sockets], providers: [PlainGateway] }],
  ['a gateway with options of its own in AppModule', { imports: [sockets], providers: [OpinionatedGateway] }],
  ['a gateway in a module before ours', { imports: [imported(OpinionatedGateway), sockets] }],
  ['a gateway in a module after ours', { imports: [sockets, imported(OpinionatedGateway)] }],
  ['a gateway with a namespace in AppModule', { imports: [sockets], providers: [AdminGateway] }],
  ['a gateway with a pattern for namespaces', { imports: [sockets], providers: [PatternGateway] }],
  ['a gateway that names the same path', { imports: [sockets], providers: [SamePathGateway] }],
  ['a gateway with a path of its own', { imports: [sockets], providers: [OtherPathGateway] }],
  [
    'all of these',
    {
      imports: [imported(PatternGateway, PlainGateway), sockets, imported(SamePathGateway)],
      providers: [AdminGateway, OtherPathGateway, OpinionatedGateway],
    },
  ],
];

describe('the server options', () => {
  it.each(applications)('always apply, with %s', async (_gateways, application) => {
    const app = await start(application);

    expect(await opened(app.url, '/realtime')).toEqual({
      sid: expect.any(String) as string,
      upgrades: [],
      pingInterval: 11_111,
      pingTimeout: 22_222,
      maxPayload: 33_333,
    });
    const { headers } = await handshake(app.url, 'https://module.example', '/realtime');
    expect(headers['access-control-allow-origin']).toBe('https://module.example');
    const ofGateway = { transports: ['polling'], extraHeaders: { origin: 'https://gateway.example' } };
    await expect(app.connect({ path: '/realtime', ...ofGateway })).rejects.toThrow(/poll error|option "origins"/);
    expect((await handshake(app.url, undefined, '/socket.io')).status).toBe(404);
    expect((await request(`${app.url}/realtime/socket.io.min.js`)).status).toBe(400);
    await expect(app.connect({ path: '/realtime', transports: ['websocket'] })).rejects.toThrow();
    await app.connect({ path: '/realtime', transports: ['polling'] });
  });

  it.each([
    ['in AppModule', { imports: [SocketsModule.forRoot()], providers: [OpinionatedGateway] }],
    ['in a module before ours', { imports: [imported(OpinionatedGateway), SocketsModule.forRoot()] }],
    ['in a module after ours', { imports: [SocketsModule.forRoot(), imported(OpinionatedGateway)] }],
  ])('are the defaults whatever a gateway says %s', async (_where, application) => {
    const app = await start(application);

    expect(await opened(app.url)).toMatchObject({ pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 });
    expect(app.sockets.server._opts.connectionStateRecovery).toBeUndefined();
    for (const transports of [['polling'], ['websocket']]) {
      const stranger = app.connect({ transports, extraHeaders: { origin: 'https://gateway.example' } });
      await expect(stranger).rejects.toThrow('The option "origins" of SocketsModule says which may');
    }
  });

  it('end a client that sends more than maxHttpBufferSize', async () => {
    const app = await start({ imports: [SocketsModule.forRoot({ server: { maxHttpBufferSize: 1_000 } })] });
    const client = await app.connect();
    const ended = new Promise((resolve) => client.socket.once('disconnect', resolve));

    client.socket.emit('much', 'x'.repeat(2_000));

    await ended;
  });

  it('give all gateways, and SocketsService, one server', async () => {
    const app = await start({
      imports: [sockets, imported(PlainGateway)],
      providers: [AdminGateway, SamePathGateway],
    });
    const { server } = app.sockets;

    expect(app.get(PlainGateway).server).toBe(server);
    expect(app.get(SamePathGateway).server).toBe(server);
    expect(app.get(AdminGateway).namespace).toBe(server.of('/admin'));
    expect(app.get(AdminGateway).namespace.server).toBe(server);
  });

  it('serve several namespaces, of gateways and of code', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot()],
      providers: [AdminGateway, PatternGateway],
    });
    app.sockets.server.of('/by-hand');
    const clients = await Promise.all(
      ['', '/admin', '/board-7', '/by-hand'].map((namespace) => app.connect({ namespace })),
    );

    await app.sockets.of('admin').blast('hello', 'admins');
    await app.sockets.of('/board-7').blast('hello', 'board');
    await app.settle();

    expect(clients.map((client) => client.heard('hello'))).toEqual([[], ['admins'], ['board'], []]);
  });

  it('let a gateway with a path of its own keep its own options on its own server', async () => {
    const app = await start({ imports: [sockets], providers: [OtherPathGateway] });

    expect(await opened(app.url, '/other')).toMatchObject({ pingInterval: 4_444, pingTimeout: 22_222 });
    expect(app.get(OtherPathGateway).server).not.toBe(app.sockets.server);
    const client = await connect(app.url, { path: '/other', transports: ['polling'] });
    app.get(OtherPathGateway).server.emit('hello', 'others');
    expect(await client.next('hello')).toEqual(['others']);
  });

  it('let a gateway with a port of its own keep its own options on its own server', async () => {
    const port = await freePort();

    @WebSocketGateway(port, { cors: { origin: 'https://gateway.example' }, pingInterval: 5_555, path: '/own' })
    class PortGateway {
      @WebSocketServer() server!: Server;
    }

    const imports = [SocketsModule.forRoot({ ...options, origins: ['https://module.example'] })];
    const app = await start({ imports, providers: [PortGateway] });
    const url = `http://127.0.0.1:${port}`;

    expect(await opened(url, '/own')).toMatchObject({ pingInterval: 5_555, pingTimeout: 22_222 });
    expect((await handshake(url, 'https://gateway.example', '/own')).status).toBe(200);
    expect((await handshake(url, 'https://module.example', '/own')).status).toBe(403);
    expect((await handshake(app.url, 'https://gateway.example', '/realtime')).status).toBe(403);
    expect(app.get(PortGateway).server).not.toBe(app.sockets.server);
  });
});

describe('a warning at boot', () => {
  const warningsOf = async (application: ApplicationOptions): Promise<string[]> => {
    let logs: Logs | undefined;
    await start({ ...application, main: (nest: INestApplication) => (logs = listenTo(nest)) });
    return logs?.naming('@WebSocketGateway(').warnings ?? [];
  };

  it('tells of server options in a gateway, and where to put them', async () => {
    const warnings = await warningsOf({ imports: [sockets], providers: [OpinionatedGateway] });

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('OpinionatedGateway: @WebSocketGateway({ cors, pingInterval, pingTimeout');
    expect(warnings[0]).toContain('Move them to SocketsModule.forRoot({ server: { pingInterval');
    expect(warnings[0]).toContain('Instead of "cors", the option "origins" says');
  });

  it('tells of a gateway that names the path of the shared server', async () => {
    const warnings = await warningsOf({ imports: [sockets], providers: [SamePathGateway] });

    expect(warnings).toEqual([expect.stringContaining('SamePathGateway: @WebSocketGateway({ path, pingInterval })')]);
  });

  it('tells of each gateway once, however many modules provide it', async () => {
    const modules = [imported(OpinionatedGateway), imported(OpinionatedGateway)];

    expect(await warningsOf({ imports: [sockets, ...modules] })).toHaveLength(1);
  });

  it('leaves alone gateways without options, with a namespace, and with a server of their own', async () => {
    const port = await freePort();

    @WebSocketGateway(port, { pingInterval: 1_000 })
    class PortGateway {}

    const providers = [PlainGateway, AdminGateway, PatternGateway, OtherPathGateway, PortGateway];
    expect(await warningsOf({ imports: [sockets], providers })).toEqual([]);
  });
});
