import { Controller, Get, Header, Query, Req, Res, Sse, StreamableFile } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { ask, HttpCaller } from './support/ask.js';
import { expectRefused } from './support/refused.js';

type Both<T> = T & { raw?: T };

const rawOf = <T>(one: Both<T>): T => one.raw ?? one;

let log: string[];

@Controller('answers')
class AnswersController {
  @Get('alive')
  alive() {
    return { alive: true };
  }

  @Sse('sse')
  sse() {
    return new Observable<{ data: string }>((observer) => {
      log.push('subscribed');
      const timer = setInterval(() => observer.next({ data: 'tick' }), 5);
      return () => {
        clearInterval(timer);
        log.push('unsubscribed');
      };
    });
  }

  @Get('written')
  written(@Query('type') type: string, @Res() response: Both<ServerResponse>) {
    const raw = rawOf(response);
    raw.setHeader('content-type', type);
    const timer = setInterval(() => raw.write('{"tick":1}\n'), 5);
    raw.once('close', () => {
      clearInterval(timer);
      log.push('closed');
    });
    raw.flushHeaders();
  }

  @Get('large-file')
  largeFile() {
    return new StreamableFile(endless(), { type: 'video/x-cat' });
  }

  @Get('large-text')
  @Header('content-type', 'text/plain')
  largeText(@Query('size') size: string) {
    return 'x'.repeat(Number(size));
  }

  @Get('large-json')
  largeJson(@Query('size') size: string) {
    return { big: 'x'.repeat(Number(size) - '{"big":""}'.length) };
  }

  @Get('deep')
  @Header('content-type', 'application/json')
  deep(@Query('levels') levels: string) {
    return '['.repeat(Number(levels)) + ']'.repeat(Number(levels));
  }

  @Get('broken-off')
  brokenOff(@Res() response: Both<ServerResponse>) {
    const raw = rawOf(response);
    raw.writeHead(200, { 'content-type': 'text/plain' });
    raw.write('half of');
    raw.destroy();
  }

  @Get('hung-up')
  hungUp(@Req() request: Both<IncomingMessage>, @Res() _response: unknown) {
    rawOf(request).socket.destroy();
  }

  @Get('destroyed')
  destroyed(@Req() request: Both<IncomingMessage>, @Res() _response: unknown) {
    rawOf(request).destroy();
  }

  @Get('failing-file')
  failingFile() {
    let read = 0;
    const file = new Readable({
      read() {
        if (read++ === 0) this.push('some');
        else this.destroy(new Error('a secret of the disk'));
      },
    });
    return new StreamableFile(file, { type: 'text/plain' });
  }

  @Get('twice')
  twice(@Res() response: Both<ServerResponse>) {
    const raw = rawOf(response);
    raw.end('once');
    raw.end('twice');
    raw.write('thrice');
  }

  @Get('and-gone')
  andGone(@Req() request: Both<IncomingMessage>, @Res() response: Both<ServerResponse>) {
    rawOf(response).end('goodbye');
    rawOf(request).destroy();
  }

  @Get('and-closed')
  andClosed(@Res() response: Both<ServerResponse>) {
    rawOf(response).setHeader('connection', 'close');
    rawOf(response).end('goodbye', () => rawOf(response).destroy());
  }

  @Get('early')
  early(@Res() response: Both<ServerResponse>) {
    const raw = rawOf(response);
    raw.writeContinue();
    raw.writeProcessing();
    raw.writeEarlyHints({ link: '</style.css>; rel=preload' });
    raw.end('late');
  }

  @Get('trailers')
  trailers(@Res() response: Both<ServerResponse>) {
    const raw = rawOf(response);
    raw.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum' });
    raw.write('body');
    raw.addTrailers({ 'x-sum': '1' });
    raw.end();
  }

  @Get('upgrade')
  upgrade(@Req() request: Both<IncomingMessage>) {
    const { upgrade, connection } = rawOf(request).headers;
    return { upgrade: upgrade ?? null, connection: connection ?? null };
  }
}

function endless(): Readable {
  const file = new Readable({
    read() {
      setImmediate(() => this.push(Buffer.alloc(65_536)));
    },
  });
  file.once('close', () => log.push('closed'));
  return file;
}

/** A gateway with a server of its own. */
@WebSocketGateway({ path: '/own.io' })
class OwnPathGateway {}

const controllers = [AnswersController];

describe('row 31: what a request over the socket cannot carry', () => {
  it.each([
    '/socket.io/',
    '/socket.io/?EIO=4&transport=polling',
    '/socket.io/socket.io.js',
    '/socket.io/anything/below',
    '/own.io/?EIO=4&transport=polling',
  ])('is another connection of sockets: %s', async (url) => {
    const app = await start({
      controllers,
      imports: [SocketsModule.forRoot()],
      providers: [OwnPathGateway],
    });
    const client = await app.connect();
    for (const method of ['get', 'post', 'options']) expectRefused(await ask(client, method, { url }), 501);
    expect(app.sockets.server.engine.clientsCount).toBe(1);
  });

  it.each(['/socket.io', '/socket.iox', '/Socket.IO/', '/socket%2Eio/', '/api/socket.io/'])(
    'is not what merely looks like it, which is the application’s own as over HTTP: %s',
    async (url) => {
      const app = await start({ controllers });
      const client = await app.connect();
      const overHttp = await app.request('GET', url);
      const overSocket = await ask(client, 'get', { url });
      expect(overHttp.status).toBe(404);
      expect(overSocket).toMatchObject({ statusCode: 404, body: overHttp.body });
    },
  );

  it('is an upgrade, so nothing of one arrives', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x',
      'sec-websocket-version': '13',
    };
    const answer = await ask(client, 'get', { url: '/answers/upgrade', headers });
    expect(answer).toMatchObject({ statusCode: 200, body: { upgrade: null, connection: null } });
  });

  it('is a route of server-sent events, which is told that nobody listens', async () => {
    log = [];
    const app = await start({ controllers });
    const client = await app.connect();
    expectRefused(await ask(client, 'get', { url: '/answers/sse' }), 501);
    await expect.poll(() => log).toEqual(['subscribed', 'unsubscribed']);
  });

  it.each(['text/event-stream', 'text/event-stream; charset=utf-8', 'application/x-ndjson', 'application/jsonl'])(
    'is a stream of %s, which is closed',
    async (type) => {
      log = [];
      const app = await start({ controllers });
      const client = await app.connect();
      expectRefused(await ask(client, 'get', { url: `/answers/written?type=${encodeURIComponent(type)}` }), 501);
      await expect.poll(() => log).toEqual(['closed']);
    },
  );

  it('is a stream without an end, which is closed', async () => {
    log = [];
    const requests = { maxResponseSize: 1_000 };
    const app = await start({ controllers, imports: [SocketsModule.forRoot({ requests })] });
    const client = await app.connect();
    expectRefused(await ask(client, 'get', { url: '/answers/written?type=text/plain' }), 413);
    await expect.poll(() => log).toEqual(['closed']);
  });

  it('is a large file, which is closed', async () => {
    log = [];
    const app = await start({ controllers });
    const client = await app.connect();
    expectRefused(await ask(client, 'get', { url: '/answers/large-file' }), 413);
    await expect.poll(() => log).toEqual(['closed']);
    expect((await ask(client, 'get', { url: '/answers/alive' })).statusCode).toBe(200);
  });

  it.each(['large-text', 'large-json'])('is an answer of more bytes than the option allows: %s', async (name) => {
    const requests = { maxResponseSize: 1_000 };
    const app = await start({ controllers, imports: [SocketsModule.forRoot({ requests })] });
    const client = await app.connect();
    const within = await ask(client, 'get', { url: `/answers/${name}?size=1000` });
    expect(within.statusCode).toBe(200);
    expectRefused(await ask(client, 'get', { url: `/answers/${name}?size=1001` }), 413);
  });

  it('is more than a megabyte, unless the option says otherwise', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const within = await ask(client, 'get', { url: '/answers/large-text?size=1048576' });
    expect(String(within.body)).toHaveLength(1_048_576);
    expectRefused(await ask(client, 'get', { url: '/answers/large-text?size=1048577' }), 413);
  });

  it.each([10_000, 100_000])(
    'is JSON of %i levels, which ends neither the process nor the connection',
    async (levels) => {
      const app = await start({ controllers });
      const [client, polling] = [await app.connect(), await app.connect({ transports: ['polling'] })];
      const url = `/answers/deep?levels=${levels}`;
      for (const asking of [client, polling]) {
        expectRefused(await ask(asking, 'get', { url }), 500);
        expect(await ask(asking, 'get', { url: '/answers/alive' })).toMatchObject({ body: { alive: true } });
      }
    },
  );

  it.each(['broken-off', 'hung-up', 'destroyed', 'failing-file'])(
    'is an answer that the application broke off, of which the client hears at once: %s',
    async (name) => {
      const requests = { concurrency: 1, queue: 0 };
      const app = await start({ controllers, imports: [SocketsModule.forRoot({ requests })] });
      const client = await app.connect();
      expectRefused(await ask(client, 'get', { url: `/answers/${name}` }), 502, 'secret');
      expect(await ask(client, 'get', { url: '/answers/alive' })).toMatchObject({ body: { alive: true } });
    },
  );
});

describe('An answer that is written in an unusual way', () => {
  it.each([
    ['early', 'late'],
    ['trailers', 'body'],
    ['and-gone', 'goodbye'],
    ['and-closed', 'goodbye'],
  ])('is read as over HTTP: %s', async (name, body) => {
    const app = await start({ controllers });
    const client = await app.connect();
    const url = `/answers/${name}`;
    const overHttp = await new HttpCaller(app).ask({ method: 'GET', url });
    expect({ status: overHttp.status, body: overHttp.bytes.toString() }).toEqual({ status: 200, body });
    expect(await ask(client, 'get', { url })).toMatchObject({ statusCode: 200, body });
  });

  it('is the first, where there are two', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    expect(await ask(client, 'get', { url: '/answers/twice' })).toMatchObject({ statusCode: 200, body: 'once' });
  });
});
