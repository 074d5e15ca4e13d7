import { Body, Controller, Post } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { EventEmitter } from 'node:events';
import { deserialize, serialize } from 'node:v8';
import { beforeEach, describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { ask } from '../../requests/support/ask.js';

/** A parser as socket.io-msgpack-parser is one: each packet is bytes, whatever is in it. */
class Encoder {
  encode(packet: object): Buffer[] {
    return [serialize({ ...packet })];
  }
}

class Decoder extends EventEmitter {
  add(data: Buffer | ArrayBuffer): void {
    this.emit('decoded', deserialize(Buffer.from(data as ArrayBuffer)));
  }

  destroy(): void {}
}

const parser = { Encoder, Decoder };

let seen: unknown[];

beforeEach(() => (seen = []));

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown) {
    seen.push(data);
    return 'done';
  }
}

@Controller('things')
class ThingsController {
  @Post()
  create(@Body() body: unknown) {
    seen.push(body);
    return { made: true };
  }
}

async function open(options: SocketsModuleOptions = {}): Promise<{ app: TestApplication; client: TestClient }> {
  const app = await start({
    imports: [SocketsModule.forRoot({ ...options, server: { ...options.server, parser } })],
    providers: [EchoGateway],
    controllers: [ThingsController],
  });
  return { app, client: await app.connect({ parser }) };
}

function nested(levels: number): object {
  let value: object = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

const closed = ({ socket }: TestClient): Promise<string> =>
  new Promise((resolve) => socket.once('disconnect', (reason) => resolve(reason)));

/** Sends a packet as the parser has written it, or what is none. */
function sendRaw({ socket }: TestClient, ...packets: Buffer[]): void {
  for (const packet of packets) socket.io.engine.write(packet);
}

const bytes = Buffer.from([1, 2, 3]);

describe('Another parser', () => {
  it('is given what is published', async () => {
    const { app, client } = await open();
    const things = app.channel<{ id: number; name: string }>('thing');
    await things.subscribe(client.id, 1);

    await things.publishUpdate(1, { name: 'ada' });
    await app.settle();

    expect(client.heard('thing')).toEqual([{ verb: 'updated', id: 1, data: { name: 'ada' } }]);
  });

  it('carries events, requests and bytes', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck('echo', { a: 1, bytes })).toBe('done');
    expect(await ask(client, 'post', { url: '/things', data: { b: 2 } })).toMatchObject({ body: { made: true } });
    expect(seen).toEqual([{ a: 1, bytes: expect.anything() as unknown }, { b: 2 }]);
  });

  it.each([
    ['nests too deep', nested(33), 400, 'nesting'],
    ['has too many members', Array.from({ length: 10_001 }, () => 0), 413, 'keys'],
    ['has too many keys', Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`k${n}`, n])), 413, 'keys'],
    ['has a key __proto__', JSON.parse('{"a":{"__proto__":{"polluted":1}}}'), 400, 'forbiddenKeys'],
    ['changes a prototype', { constructor: { prototype: { polluted: 1 } } }, 400, 'forbiddenKeys'],
    ['names the same bytes twice', [bytes, bytes], 400, 'attachments'],
  ] as const)('has events refused before anything sees them: whose data %s', async (_, data, statusCode, kind) => {
    const { app, client } = await open();
    expect(await client.socket.emitWithAck('echo', data)).toMatchObject({
      statusCode,
      headers: {},
      body: { statusCode },
    });
    expect(seen).toEqual([]);
    expect(app.sockets.metrics().refused).toMatchObject({ [kind]: 1 });
    expect(await client.socket.emitWithAck('echo', nested(32))).toBe('done');
  });

  it.each([
    ['too deep', nested(33), 400],
    ['too long', Array.from({ length: 10_010 }, () => 0), 413],
    ['bytes in it', { bytes }, 400],
  ])('has requests refused: %s', async (_, data, statusCode) => {
    const { client } = await open();
    expect(await ask(client, 'post', { url: '/things', data })).toMatchObject({ statusCode, body: { statusCode } });
    expect(seen).toEqual([]);
  });

  it.each([
    ['too deep', { a: nested(33) }, 400],
    ['too many', { a: Array.from({ length: 10_001 }, () => 0) }, 413],
    ['no object', [1], 400],
  ])('has credentials refused: %s', async (_, auth, statusCode) => {
    const asked: unknown[] = [];
    const { app } = await open({
      authenticate: ({ auth: given }) => {
        asked.push(given);
        return { id: 1 };
      },
    });
    asked.length = 0;
    await expect(app.connect({ parser, auth })).rejects.toMatchObject({ data: { statusCode } });
    expect(asked).toEqual([]);
  });

  it('has packets counted, and refused with 429', async () => {
    const { app, client } = await open({ limits: { packetBurst: 5, packetsPerSecond: 1 } });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => client.socket.emitWithAck('echo', n)));
    expect(answers[0]).toBe('done');
    expect(answers.at(-1)).toMatchObject({ statusCode: 429, headers: { 'retry-after': expect.any(String) as string } });
    expect(app.sockets.metrics().refused.packetRate).toBeGreaterThanOrEqual(1);
  });

  it('has a burst handled in order', async () => {
    const { client } = await open();
    const answers = Array.from({ length: 900 }, (_, n) => client.socket.emitWithAck('echo', n));
    await Promise.all(answers);
    expect(seen).toEqual(Array.from({ length: 900 }, (_, n) => n));
  });

  it.each([
    ['what it cannot read', [Buffer.from('nonsense')]],
    ['a second CONNECT', [serialize({ type: 0, nsp: '/' })]],
    ['events without a list', Array.from({ length: 11 }, () => serialize({ type: 2, nsp: '/', data: {} }))],
    ['answers to no question', Array.from({ length: 11 }, () => serialize({ type: 3, nsp: '/', id: 99, data: [1] }))],
    ['packets of no type', Array.from({ length: 11 }, () => serialize({ type: 99, nsp: '/', data: ['echo'] }))],
    ['packets of no namespace', Array.from({ length: 11 }, () => serialize({ type: 2, data: ['echo'] }))],
    ['no packet', [serialize(null)]],
    ['names that are no texts', Array.from({ length: 11 }, () => serialize({ type: 0, nsp: { length: 3 } }))],
  ])('ends the connection, and nothing else: %s', async (_, packets) => {
    const { app, client } = await open();
    const other = await app.connect({ parser });
    const end = closed(client);
    sendRaw(client, ...packets);
    await end;
    expect(await other.socket.emitWithAck('echo', 'other')).toBe('done');
    expect(seen).toEqual(['other']);
  });

  it('that collects what never becomes a packet ends the connection', async () => {
    class Collector extends Decoder {
      override add(data: Buffer): void {
        if (data.byteLength < 1_000) super.add(data);
      }
    }
    const collecting = { Encoder, Decoder: Collector };
    const app = await start({
      imports: [SocketsModule.forRoot({ server: { parser: collecting, maxHttpBufferSize: 10_000 } })],
      providers: [EchoGateway],
    });
    const client = await app.connect({ parser });
    const end = closed(client);
    sendRaw(client, ...Array.from({ length: 3 }, () => Buffer.alloc(9_000)));
    await end;
    expect(app.sockets.metrics().refused.attachments).toBe(1);
  });
});

describe('A server that does not show its parser', () => {
  it('does not start, and says what to write', async () => {
    const { app } = await open();
    const named = await import('socket.io-parser');
    const { prototype } = app.sockets.server.constructor as unknown as { prototype: object };
    Object.defineProperty(prototype, '_parser', {
      configurable: true,
      get: () => ({ Encoder: named.Encoder }),
      set() {},
    });
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'PARSER_NOT_FOUND',
        message: expect.stringContaining("import * as parser from 'socket.io-parser'") as string,
      });
      // Socket.IO itself has its parser from there, too.
      Reflect.deleteProperty(prototype, '_parser');
      const other = await start({ imports: [SocketsModule.forRoot({ server: { parser: named } })] });
      await other.connect();
    } finally {
      Reflect.deleteProperty(prototype, '_parser');
    }
  });
});
