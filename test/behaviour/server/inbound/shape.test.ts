import { Body, Controller, Post } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { beforeEach, describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { shared } from '../../../support/lifetime.js';
import { levels, RawClient } from './support/raw-client.js';

const seen: unknown[] = [];

beforeEach(() => void (seen.length = 0));

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
    return {};
  }
}

/** An application whose own listeners, besides gateways and routes, write down what they see. */
async function open(options: SocketsModuleOptions = {}): Promise<TestApplication> {
  const app = await start({
    imports: [SocketsModule.forRoot(options)],
    providers: [EchoGateway],
    controllers: [ThingsController],
  });
  app.sockets.server.on('connection', (socket) => {
    socket.onAny((event: string, data: unknown) => {
      if (event === 'own') seen.push(data);
    });
    socket.on('own', (_data: unknown, acknowledge: (answer: string) => void) => acknowledge('done'));
  });
  return app;
}

const app = shared(() => open());

/** The answer to an event: the form of a response, and the fields of a gateway's error. */
const refused = (statusCode: number, code: string): object => {
  const body = { statusCode, code, message: expect.stringMatching(/^[A-Z].+\.$/) as string };
  return { ...body, headers: {}, body };
};

const TOO_DEEP = refused(400, 'BAD_REQUEST');
const TOO_MANY = refused(413, 'PAYLOAD_TOO_LARGE');

const EVENTS = ['echo', 'own', 'nobody handles this', 'sockets:unsubscribe', 'reauthenticate'];

describe('Data that nests too deep', () => {
  it.each(EVENTS)('is answered with 400 before anything sees it: "%s"', async (event) => {
    const client = await RawClient.enter(app());
    let id = 0;
    for (const depth of [33, 5_000, 400_000]) {
      for (const kind of ['lists', 'objects'] as const) {
        const text = levels(depth, kind);
        if (text.length > 900_000) continue;
        expect(await client.ask(++id, `2${id}["${event}",${text}]`)).toEqual(TOO_DEEP);
        expect(await client.ask(++id, `2${id}["${event}",1,${text}]`)).toEqual(TOO_DEEP);
      }
    }
    expect(seen).toEqual([]);
    expect(app().sockets.metrics().refused.nesting).toBeGreaterThan(0);
  });

  it.each(['"', '\\', '\\\\', '[', '{"', '\\"]', '\\u0022'])('is found behind a string that holds %s', async (text) => {
    const client = await RawClient.enter(app());
    const written = text.includes('u0022') ? text : JSON.stringify(text).slice(1, -1);
    expect(await client.ask(1, `21["echo",{"a":"${written}","b":${levels(40)}}]`)).toEqual(TOO_DEEP);
    expect(await client.ask(2, `22["echo",{"${written}":${levels(40)}}]`)).toEqual(TOO_DEEP);
    expect(seen).toEqual([]);
  });

  it('is found in a namespace whose name holds a quotation mark', async () => {
    app().sockets.server.of('/a"b');
    const client = await RawClient.open(app());
    client.send('0/a"b,');
    await client.next('0/a"b,');
    client.send(`2/a"b,1["echo",${levels(5_000)}]`);
    expect(await client.next('3/a"b,1[')).toContain('"statusCode":400');
    expect(seen).toEqual([]);
  });

  it('is let through up to the limit, which counts from the argument, or the data of a request', async () => {
    const client = await RawClient.enter(app());
    expect(await client.ask(1, `21["echo",${levels(32)}]`)).toBe('done');
    expect(await client.ask(2, `22["own",${levels(32, 'objects')}]`)).toBe('done');
    expect(await client.ask(3, `23["post",{"url":"/things","data":${levels(32)}}]`)).toMatchObject({ statusCode: 201 });
    const { body } = TOO_DEEP as { body: object };
    expect(await client.ask(4, `24["post",{"url":"/things","data":${levels(33)}}]`)).toEqual({
      statusCode: 400,
      headers: {},
      body,
    });
    expect(seen).toHaveLength(3);
  });

  it('is not taken for deep because of what its strings hold', async () => {
    const client = await RawClient.enter(app());
    const text = JSON.stringify({ a: '['.repeat(500), b: '{"'.repeat(500), c: '\\'.repeat(501), '[[[': ',,,' });
    expect(await client.ask(1, `21["echo",${text}]`)).toBe('done');
    expect(seen).toEqual([JSON.parse(text)]);
  });

  it('without an acknowledgement tells the client by an event, and the application nothing', async () => {
    const client = await RawClient.enter(app());
    client.send(`2["echo",${levels(40)}]`, `2["post",${levels(40)}]`);
    expect(JSON.parse((await client.next('2["exception"')).slice(1))).toEqual([
      'exception',
      { status: 'error', message: expect.stringContaining('32') as string },
    ]);
    expect(JSON.parse((await client.next('2["sails:parseError"')).slice(1))).toEqual([
      'sails:parseError',
      (TOO_DEEP as { body: object }).body,
    ]);
    expect(seen).toEqual([]);
  });

  it('in the answer to a question of the server is an error for whoever asked', async () => {
    const own = await open();
    const client = await RawClient.enter(own);
    const [id = ''] = own.sockets.server.sockets.sockets.keys();
    const asked = own.sockets.request(id, 'ask', 1);
    const [number = ''] = /\d+/.exec((await client.next('2')).slice(1)) ?? [];
    client.send(`3${number}[${levels(5_000)}]`);
    await expect(asked).rejects.toMatchObject({
      code: 'SOCKET_ANSWER_REFUSED',
      message: expect.stringContaining('32'),
    });
  });

  it('is limited by the option', async () => {
    const other = await open({ maxNesting: 40 });
    const client = await RawClient.enter(other);
    expect(await client.ask(1, `21["echo",${levels(40)}]`)).toBe('done');
    expect(await client.ask(2, `22["echo",${levels(41)}]`)).toEqual(TOO_DEEP);
  });
});

describe('The log', () => {
  it('names, once, the option that allows more in one packet', async () => {
    let logs: Logs | undefined;
    const own = await start({
      imports: [SocketsModule.forRoot()],
      providers: [EchoGateway],
      main: (nest) => (logs = listenTo(nest)),
    });
    const client = await RawClient.enter(own);

    for (const id of [1, 3]) {
      expect(await client.ask(id, `2${id}["echo",[${'1,'.repeat(10_001)}1]]`)).toEqual(TOO_MANY);
      expect(await client.ask(id + 1, `2${id + 1}["echo",${levels(33)}]`)).toEqual(TOO_DEEP);
    }

    const { warnings } = logs!.naming('What a client sent was refused.');
    expect(warnings).toEqual([
      expect.stringContaining('"maxKeys" of the option "limits"'),
      expect.stringContaining('the option "maxNesting"'),
    ]);
  });
});

describe('Data with too many keys', () => {
  const numbers = (count: number): string => JSON.stringify(Array.from({ length: count }, () => 1));
  const fields = (count: number): string =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1])));

  it.each(EVENTS)('is answered with 413 before anything sees it: "%s"', async (event) => {
    const client = await RawClient.enter(app());
    expect(await client.ask(1, `21["${event}",${numbers(10_001)}]`)).toEqual(TOO_MANY);
    expect(await client.ask(2, `22["${event}",${fields(10_001)}]`)).toEqual(TOO_MANY);
    expect(await client.ask(3, `23["${event}",${'[],'.repeat(20_000)}1]`)).toEqual(TOO_MANY);
    expect(await client.ask(4, `24["${event}",{"a":[${`${numbers(100)},`.repeat(110)}1]}]`)).toEqual(TOO_MANY);
    expect(await client.ask(5, `25["${event}",${numbers(450_000)}]`)).toEqual(TOO_MANY);
    expect(seen).toEqual([]);
    expect(app().sockets.metrics().refused.keys).toBeGreaterThan(0);
  });

  it('is let through up to the limit', async () => {
    const client = await RawClient.enter(app());
    expect(await client.ask(1, `21["echo",${numbers(10_000)}]`)).toBe('done');
    expect(await client.ask(2, `22["echo",${fields(10_000)}]`)).toBe('done');
    expect(await client.ask(3, `23["post",{"url":"/things","data":${numbers(10_000)}}]`)).toMatchObject({
      statusCode: 201,
    });
    expect(seen).toHaveLength(3);
  });

  it('is limited by the option', async () => {
    const other = await open({ limits: { maxKeys: 5 } });
    const client = await RawClient.enter(other);
    expect(await client.ask(1, '21["echo",[1,2,3,4,5]]')).toBe('done');
    expect(await client.ask(2, '22["echo",[1,2,3,4,5,6]]')).toEqual(TOO_MANY);
  });
});

describe('Keys that would change a prototype', () => {
  it.each([
    '{"__proto__":{"polluted":1}}',
    '{"a":[{"__proto__":1}]}',
    '{"\\u005f_proto__":{"polluted":1}}',
    '{"\\u005F\\u005Fproto\\u005f_":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"constructo\\u0072":{"p\\u0072ototype":{"polluted":1}}}',
  ])('are answered with 400: %s', async (text) => {
    const client = await RawClient.enter(app());
    expect(await client.ask(1, `21["echo",${text}]`)).toEqual(TOO_DEEP);
    expect(await client.ask(2, `22["own",1,${text}]`)).toEqual(TOO_DEEP);
    expect(seen).toEqual([]);
  });

  it('are let through where they are values, or a harmless field', async () => {
    const client = await RawClient.enter(app());
    const text = '{"constructor":"Team Lotus","prototype":true,"name":"__proto__","caf\\u00e9":1}';
    expect(await client.ask(1, `21["echo",${text}]`)).toBe('done');
    expect(seen).toEqual([JSON.parse(text)]);
  });
});
