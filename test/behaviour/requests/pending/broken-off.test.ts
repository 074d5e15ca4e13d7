import { Controller, Get, Req, Res } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { ask } from '../support/ask.js';
import { expectRefused } from '../support/refused.js';

type Both<T> = T & { raw?: T };

const rawOf = <T>(one: Both<T>): T => one.raw ?? one;

let finish: (() => void) | undefined;

@Controller('breaks')
class BreaksController {
  @Get('response')
  response(@Res() response: Both<ServerResponse>) {
    rawOf(response).destroy(new Error('the response broke'));
  }

  @Get('connection')
  connection(@Req() request: Both<IncomingMessage>, @Res() _response: unknown) {
    rawOf(request).socket.destroy(new Error('the connection broke'));
  }

  @Get('stream')
  stream(@Res() response: Both<ServerResponse>) {
    pipeline(createReadStream('/there/is/no/such/file'), rawOf(response), () => undefined);
  }

  @Get('later')
  later(@Req() request: Both<IncomingMessage>) {
    setTimeout(() => rawOf(request).destroy(), 20);
    return { done: true };
  }

  @Get('slow')
  slow() {
    return new Promise((resolve) => {
      finish = () => resolve({ done: true });
      setTimeout(finish, 100);
    });
  }

  @Get('listens')
  listens(@Req() request: Both<IncomingMessage>) {
    const { socket } = rawOf(request);
    for (const event of ['error', 'timeout', 'close']) socket.on(event, () => undefined);
    return { errors: socket.listenerCount('error'), timeouts: socket.listenerCount('timeout') };
  }

  @Get('bytes')
  bytes(@Res() response: Both<ServerResponse>) {
    rawOf(response).end(Buffer.from([0xff, 0xfe, 0, 1]));
  }

  @Get('text')
  text(@Res() response: Both<ServerResponse>) {
    rawOf(response).end('käse');
  }
}

describe('A handler over the socket', () => {
  const startIt = (requests = {}) =>
    start({ imports: [SocketsModule.forRoot({ requests })], controllers: [BreaksController] });

  it.each(['response', 'connection', 'stream'])(
    'may break off its answer with an error, which the client is told of and nobody else: %s',
    async (what) => {
      const app = await startIt();
      const client = await app.connect();

      expectRefused(await ask(client, 'get', { url: `/breaks/${what}` }), 502);
      expect(await ask(client, 'get', { url: '/breaks/text' })).toMatchObject({ statusCode: 200 });
    },
  );

  it('may hang up after it has answered, and cuts off nobody else', async () => {
    const app = await startIt({ concurrency: 1 });
    const client = await app.connect();
    const answers = await Promise.all([
      ask(client, 'get', { url: '/breaks/later' }),
      ask(client, 'get', { url: '/breaks/slow' }),
    ]);

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  });

  it('gathers no listeners on the connection, whatever it listens to', async () => {
    const app = await startIt();
    const client = await app.connect();
    const first = await ask(client, 'get', { url: '/breaks/listens' });

    expect(await ask(client, 'get', { url: '/breaks/listens' })).toMatchObject({ body: first.body });
  });

  it('answers without a type: with a text as a text, and with bytes as bytes', async () => {
    const app = await startIt();
    const client = await app.connect();

    expect(await ask(client, 'get', { url: '/breaks/text' })).toMatchObject({ body: 'käse' });
    const { body } = await ask(client, 'get', { url: '/breaks/bytes' });
    expect(Buffer.from(body as Uint8Array)).toEqual(Buffer.from([0xff, 0xfe, 0, 1]));
  });
});

describe('An answer that calls itself JSON', () => {
  @Controller('json')
  class JsonController {
    @Get('written')
    written() {
      return { text: '\u2028 "käse" \ud83e\uddc0 \\ </script>', list: [1, null, true], __proto__x: {} };
    }

    @Get('none')
    none(@Res() response: Both<ServerResponse>) {
      rawOf(response).setHeader('content-type', 'application/json');
      rawOf(response).end('{"a":1},"statusCode":599,"x":{}');
    }

    @Get('half')
    half(@Res() response: Both<ServerResponse>) {
      rawOf(response).setHeader('content-type', 'application/json');
      rawOf(response).end('{"a":');
    }
  }

  it.each(['/', '/admin'])('is what it says, in the namespace %s', async (namespace) => {
    const app = await start({ controllers: [JsonController] });
    await app.sockets.of(namespace).blast('here', {});
    const client = await app.connect({ namespace });
    const overHttp = await app.request('GET', '/json/written');

    expect(await ask(client, 'get', { url: '/json/written' })).toMatchObject({ statusCode: 200, body: overHttp.body });
    expect(await ask(client, 'get', { url: '/nowhere' })).toMatchObject({ statusCode: 404, body: { statusCode: 404 } });
  });

  it.each(['none', 'half'])('is a text if it is none, and says nothing of anything else: %s', async (what) => {
    const app = await start({ controllers: [JsonController] });
    const client = await app.connect();

    expect(await ask(client, 'get', { url: `/json/${what}` })).toMatchObject({
      statusCode: 200,
      body: expect.stringContaining('{"a":') as string,
    });
  });
});

describe('What a client sends', () => {
  it('is not written down beyond what fits into a query, however many fields there are', async () => {
    const imports = [SocketsModule.forRoot({ limits: { maxKeys: 100_000 } })];
    const app = await start({ imports, controllers: [BreaksController] });
    const client = await app.connect();
    const name = 'x'.repeat(300_000);
    const fields = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 1]));

    expectRefused(await ask(client, 'get', { url: '/breaks/text', data: { [name]: fields } }), 414);
    expectRefused(await ask(client, 'get', { url: '/breaks/text', data: { [name]: Object.keys(fields) } }), 414);
  });
});

describe('A client that reads nothing', () => {
  it('is handled no more requests than it may have at once, until it reads again', async () => {
    let handled = 0;
    @Controller('large')
    class LargeController {
      @Get()
      answer() {
        handled++;
        return { text: 'x'.repeat(500_000) };
      }
    }
    const app = await start({ controllers: [LargeController] });
    const [client, other] = [await app.connect(), await app.connect()];
    const socket = app.sockets.get(client.id);
    // As if the network were stalled: what is written stays on the server.
    const { transport } = socket.conn as unknown as { transport: { writable: boolean; emit: (event: string) => void } };
    transport.writable = false;
    const answers = Array.from({ length: 60 }, () => ask(client, 'get', { url: '/large' }));
    await expect.poll(() => handled).toBeGreaterThanOrEqual(16);
    for (let round = 0; round < 5; round++) await ask(other, 'get', { url: '/nowhere' });

    expect(handled).toBe(16);
    transport.writable = true;
    (socket.conn as unknown as { flush: () => void }).flush();
    expect((await Promise.all(answers)).every(({ statusCode }) => statusCode === 200)).toBe(true);
  });
});
