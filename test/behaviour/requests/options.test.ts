import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway, type WsResponse } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  InvalidOptionsError,
  ReservedEventError,
  SocketsModule,
  type SocketsModuleOptions,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
import { expectRefusal } from '../../support/refusal.js';
import { emitted } from './support/ask.js';

/** Each mistake, the option that the error must name, and what it may be. */
const mistakes: Array<[given: unknown, option: string, allowed: RegExp]> = [
  [true, 'requests', /an object of options such as \{ timeout: 10_000 \}, or false/],
  [null, 'requests', /or false/],
  [[], 'requests', /an object/],
  ['off', 'requests', /an object/],
  [
    { concurrancy: 1 },
    'requests.concurrancy',
    /left out.*concurrency, queue, timeout, shutdownTimeout, maxResponseSize/,
  ],
  [{ constructor: 1 }, 'requests.constructor', /left out/],
  [{ concurrency: 0 }, 'requests.concurrency', /a whole number of requests, from 1 to 100000/],
  [{ concurrency: 1.5 }, 'requests.concurrency', /a whole number/],
  [{ concurrency: '16' }, 'requests.concurrency', /a whole number/],
  [{ concurrency: Infinity }, 'requests.concurrency', /to 100000/],
  [{ queue: -1 }, 'requests.queue', /a whole number of requests, from 0 to 100000/],
  [{ queue: NaN }, 'requests.queue', /a whole number/],
  [{ queue: 100_001 }, 'requests.queue', /to 100000/],
  [{ timeout: 0 }, 'requests.timeout', /a whole number of milliseconds, from 1/],
  [{ timeout: 2 ** 31 }, 'requests.timeout', /to 2147483647/],
  [{ timeout: '30s' }, 'requests.timeout', /a whole number of milliseconds/],
  [{ maxResponseSize: 0 }, 'requests.maxResponseSize', /a whole number of bytes, from 1/],
  [{ maxResponseSize: '1mb' }, 'requests.maxResponseSize', /a whole number of bytes/],
  [{ sendResponseHeaders: 'no' }, 'requests.sendResponseHeaders', /true or false/],
  [{ sendStatusCode: 0 }, 'requests.sendStatusCode', /true or false/],
  [{ cookieRoute: true }, 'requests.cookieRoute', /a path such as "\/__getcookie", or false/],
  [{ cookieRoute: 'cookie' }, 'requests.cookieRoute', /a path/],
  [{ cookieRoute: '/' }, 'requests.cookieRoute', /a path/],
  [{ cookieRoute: '/:any' }, 'requests.cookieRoute', /a path/],
  [{ cookieRoute: '/*' }, 'requests.cookieRoute', /a path/],
];

const rightOnes: Array<SocketsModuleOptions['requests']> = [
  undefined,
  false,
  {},
  { concurrency: undefined, queue: undefined, timeout: undefined, maxResponseSize: undefined },
  { concurrency: 1, queue: 0, timeout: 1, maxResponseSize: 1 },
  { concurrency: 100_000, queue: 100_000, timeout: 2 ** 31 - 1, maxResponseSize: 100_000_000 },
  { sendResponseHeaders: false, sendStatusCode: false, cookieRoute: false },
  { cookieRoute: '/sockets/cookie.js' },
];

const boot = async (module: ReturnType<typeof SocketsModule.forRoot>): Promise<void> => {
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  await testing.close();
};

describe('the options of requests over the socket', () => {
  it.each(rightOnes)('may be %j', async (requests) => {
    await boot(SocketsModule.forRoot({ requests }));
    await boot(SocketsModule.forRootAsync({ useFactory: () => ({ requests }) }));
  });

  it.each(mistakes)('may not be %j: the error names %s and what it may be', async (requests, option, allowed) => {
    const given = { requests } as SocketsModuleOptions;
    for (const module of [SocketsModule.forRoot(given), SocketsModule.forRootAsync({ useFactory: () => given })]) {
      const words = [`the option "${option}" must be `, allowed];
      await expectRefusal(boot(module), InvalidOptionsError, 'INVALID_OPTIONS', ...words);
    }
  });
});

@Controller('cats')
class CatsController {
  @Get()
  find() {
    return ['tom'];
  }
}

@WebSocketGateway()
class GettingGateway {
  @SubscribeMessage('get')
  get(): WsResponse | string {
    return 'from the gateway';
  }
}

@WebSocketGateway({ namespace: '/admin' })
class DeletingGateway {
  @SubscribeMessage('delete')
  remove() {}
}

@WebSocketGateway()
class TracingGateway {
  @SubscribeMessage('trace')
  trace() {
    return 'from the gateway';
  }

  @SubscribeMessage('GET')
  get() {
    return 'GET of the gateway';
  }
}

@WebSocketGateway({ path: '/own.io' })
class OwnServerGateway {
  @SubscribeMessage('get')
  get() {
    return 'from a server of its own';
  }
}

describe('An event that is a request', () => {
  it.each([
    ['get', GettingGateway, 'GettingGateway.get()'],
    ['delete', DeletingGateway, 'DeletingGateway.remove()'],
  ])('cannot be handled by a gateway: "%s"', async (event, gateway, name) => {
    const words = [
      `@SubscribeMessage('${event}') on ${name}`,
      'clients send requests by that event',
      'requests: false',
    ];
    await expectRefusal(start({ providers: [gateway] }), ReservedEventError, 'RESERVED_EVENT', ...words);
  });

  it('is one of the gateway, where there are no requests over the socket', async () => {
    const app = await start({
      controllers: [CatsController],
      providers: [GettingGateway],
      imports: [SocketsModule.forRoot({ requests: false })],
    });
    const client = await app.connect();
    expect(await emitted(client, 'get', { url: '/cats' })).toEqual(['from the gateway']);
  });

  it('is an event that nobody handles, where there are no requests over the socket and no gateway', async () => {
    const app = await start({
      controllers: [CatsController],
      imports: [SocketsModule.forRoot({ requests: false })],
    });
    const client = await app.connect();
    expect(await client.socket.emitWithAck('get', { url: '/cats' })).toMatchObject({ code: 'UNKNOWN_EVENT' });
    client.socket.emit('get', null);
    await app.settle();
    expect(client.received.map(([event]) => event)).toEqual(['marker']);
    expect((await app.request('GET', '/cats')).status).toBe(200);
  });

  it('is none where only the name is alike, and none of a server of its own', async () => {
    const app = await start({
      controllers: [CatsController],
      providers: [TracingGateway, OwnServerGateway],
    });
    const client = await app.connect();
    const own = await app.connect({ path: '/own.io' });
    expect(await emitted(client, 'trace', {})).toEqual(['from the gateway']);
    expect(await emitted(client, 'GET', {})).toEqual(['GET of the gateway']);
    expect(await emitted(client, 'get', { url: '/cats' })).toMatchObject([{ statusCode: 200, body: ['tom'] }]);
    expect(await emitted(own, 'get', { url: '/cats' })).toEqual(['from a server of its own']);
  });
});
