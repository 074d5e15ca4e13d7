import {
  Ack,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type WsResponse,
} from '@nestjs/websockets';
import { Exclude } from 'class-transformer';
import { Readable } from 'node:stream';
import { EMPTY, NEVER, from, of } from 'rxjs';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketUser } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { SERVER_ERROR } from './support/failures.js';

class Member {
  readonly name = 'ada';
  @Exclude() readonly password = 'secret';
}

class Reply implements WsResponse {
  readonly event: string;

  constructor(
    event: string,
    readonly data: unknown,
  ) {
    this.event = event;
  }
}

class HiddenReply extends Reply {
  @Exclude() readonly reason = 'secret';
}

class Change {
  readonly event = 'renamed';
  @Exclude() readonly data = 'secret';
}

class Row extends Reply {
  readonly id = 1;
}

function circle(): object {
  const one: Record<string, unknown> = { name: 'ada' };
  one.self = one;
  return one;
}

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

/** What handlers return, by name. */
const results: Record<string, () => unknown> = {
  circle,
  deep: () => nested(33),
  veryDeep: () => JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as unknown,
  sparse: () => {
    const list: number[] = [];
    list[4_000_000_000] = 1;
    return { list };
  },
  bigInt: () => ({ balance: 1n }),
  getter: () => ({
    get name() {
      throw new Error('no such column');
    },
  }),
  toJson: () => ({
    toJSON() {
      throw new Error('not loaded');
    },
  }),
  function: () => () => 1,
  blob: () => ({ file: new Blob(['x']) }),
  stream: () => Readable.from(['x']),
  asyncIterable: async function* () {
    yield 1;
  },
  proxy: () =>
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('closed');
        },
      },
    ),

  text: () => 'ada',
  zero: () => 0,
  no: () => false,
  empty: () => '',
  date: () => ({ at: new Date(0) }),
  map: () => ({ map: new Map([[1, 2]]), set: new Set([1]) }),
  hidden: () => [new Member()],
  method: () => ({ name: 'ada', pipe: () => 'hello', missing: undefined }),
  promise: async () => ({ name: 'ada' }),
  nothing: () => undefined,
  null: () => null,
  noValue: () => EMPTY,
  observable: () => of({ name: 'ada' }),
  several: () => from([{ n: 1 }, { n: 2 }]),
  never: () => NEVER,

  calendar: () => ({ id: 1, event: 'disconnect', data: {} }),
  eventOnly: () => ({ event: 'disconnect' }),
  noName: () => ({ event: '', data: 1 }),
  numeric: () => ({ event: 5, data: 1 }),
  row: () => new Row('disconnect', {}),
  change: () => new Change(),
  reply: () => new Reply('told', { name: 'ada' }),
  hiddenReply: () => new HiddenReply('told', [new Member()]),
  reservedReply: () => new Reply('disconnect', 1),
  keyed: () => ({ then: 1, length: 2, subscribe: 3, lift: 4, toJSON: 5, constructor: 6, emit: 7 }),
};

@WebSocketGateway()
class ResultsGateway {
  received: unknown;

  @SubscribeMessage('give')
  give(@MessageBody() name: string): unknown {
    return results[name]();
  }

  @SubscribeMessage('instruct')
  instruct(@MessageBody() [event, data]: [string, string]): unknown {
    return { event, data: data in results ? results[data]() : data };
  }

  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown): unknown {
    this.received = data;
    return data;
  }

  @SubscribeMessage('bytes')
  bytes(): unknown {
    return { bytes: Buffer.from([1, 2, 3]), view: new Uint8Array([4]) };
  }

  @SubscribeMessage('taken')
  taken(@MessageBody() name: string, @Ack() acknowledge?: (value: unknown) => void): unknown {
    setImmediate(() => acknowledge?.(results[name]()));
    return 'not this';
  }

  @SubscribeMessage('third')
  third(_socket: Socket, name: string, acknowledge?: (value: unknown) => void): void {
    setImmediate(() => acknowledge?.(results[name]()));
  }

  @SubscribeMessage('user')
  user(@SocketUser() _user: unknown, @ConnectedSocket() _socket: Socket): void {}

  @SubscribeMessage('shared')
  async later(): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve));
    return 'from the one that returns something';
  }
}

@WebSocketGateway()
class SilentGateway {
  @SubscribeMessage('shared')
  nothing(): void {}
}

async function open(): Promise<{ app: TestApplication; client: TestClient; logs: Logs }> {
  const logs = new Logs();
  const app = await start({ providers: [ResultsGateway, SilentGateway], main: logs.open });
  return { app, client: await app.connect(), logs };
}

describe('what a handler of a gateway returns', () => {
  it('is acknowledged as plain data, and one that returns nothing acknowledges nothing', async () => {
    const { client } = await open();
    const give = (name: string): Promise<unknown> => client.socket.emitWithAck('give', name);
    const expected: Record<string, unknown> = {
      text: 'ada',
      zero: 0,
      no: false,
      empty: '',
      date: { at: new Date(0).toJSON() },
      map: { map: {}, set: {} },
      hidden: [{ name: 'ada' }],
      method: { name: 'ada' },
      promise: { name: 'ada' },
      nothing: undefined,
      null: null,
      noValue: undefined,
      observable: { name: 'ada' },
      several: { n: 1 },
    };
    for (const [name, value] of Object.entries(expected)) expect([name, await give(name)]).toEqual([name, value]);
    expect(await client.socket.emitWithAck('user')).toBeUndefined();
    const { bytes, view } = (await client.socket.emitWithAck('bytes')) as Record<string, Uint8Array>;
    expect([[...bytes], [...view]]).toEqual([[1, 2, 3], [4]]);
  });

  it.each('circle deep veryDeep sparse bigInt getter toJson function blob stream asyncIterable proxy'.split(' '))(
    'is answered with an error, and logged, if it cannot be sent: %s',
    async (name) => {
      const { app, client, logs } = await open();

      expect(await client.socket.emitWithAck('give', name)).toEqual(SERVER_ERROR);
      expect(await client.socket.emitWithAck('taken', name)).toEqual(SERVER_ERROR);
      expect(await client.socket.emitWithAck('third', name)).toEqual(SERVER_ERROR);
      client.socket.emit('instruct', ['told', name]);

      expect(await client.socket.emitWithAck('give', 'text')).toBe('ada');
      const lines = logs.naming('ResultsGateway.').errors.map((line) => /ResultsGateway\.\w+\(\)/.exec(line)?.[0]);
      expect(new Set(lines)).toEqual(
        new Set(['give', 'taken', 'third', 'instruct'].map((method) => `ResultsGateway.${method}()`)),
      );
      expect(client.heard('told')).toEqual([]);
      expect(app.sockets.metrics().refused.gatewayResult).toBe(4);
    },
  );

  it('is emitted if it is { event, data } and nothing else, and otherwise is data', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck('instruct', ['told', 'hidden'])).toBeUndefined();
    client.socket.emit('instruct', ['told', 'text']);
    await client.next('told', (data) => data === 'ada');
    expect(client.heard('told')).toEqual([[{ name: 'ada' }], 'ada']);

    const give = (name: string): Promise<unknown> => client.socket.emitWithAck('give', name);
    expect(await give('calendar')).toEqual({ id: 1, event: 'disconnect', data: {} });
    expect(await give('eventOnly')).toEqual({ event: 'disconnect' });
    expect(await give('noName')).toEqual({ event: '', data: 1 });
    expect(await give('numeric')).toEqual({ event: 5, data: 1 });
    expect(await give('row')).toEqual({ id: 1, event: 'disconnect', data: {} });
    expect(await give('change')).toEqual({ event: 'renamed' });
    expect(await give('keyed')).toEqual(results.keyed());
    for (const name of ['calendar', 'eventOnly', 'row', 'change']) client.socket.emit('give', name);
    expect(await give('text')).toBe('ada');
    expect(client.received.map(([event]) => event)).toEqual(['told', 'told']);
  });

  it('is emitted, too, if it is an instance of a class that has these two fields and shows no other', async () => {
    const { client, logs } = await open();
    const give = (name: string): Promise<unknown> => client.socket.emitWithAck('give', name);
    expect(await give('reply')).toBeUndefined();
    expect(await give('hiddenReply')).toBeUndefined();
    expect(await give('reservedReply')).toEqual(SERVER_ERROR);
    expect(client.heard('told')).toEqual([{ name: 'ada' }, [{ name: 'ada' }]]);
    expect(logs.naming('ResultsGateway.give() returned { event, data }').errors).toHaveLength(1);
  });

  it.each(
    'connect connect_error disconnect disconnecting newListener removeListener exception error revoked presence'
      .split(' ')
      .concat('reauthenticate', 'sockets:mutated', 'sails:parseError'),
  )('is not emitted as %s', async (event) => {
    const { client, logs } = await open();

    expect(await client.socket.emitWithAck('instruct', [event, 'forged'])).toEqual(SERVER_ERROR);
    client.socket.emit('instruct', [event, 'forged']);

    expect(await client.socket.emitWithAck('give', 'text')).toBe('ada');
    expect(client.received).toEqual([]);
    expect(logs.naming('ResultsGateway.instruct() returned { event, data }').errors).toHaveLength(2);
  });

  it('is sent once, by the gateway that returns something, if several handle the same event', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck('shared')).toBe('from the one that returns something');
  });

  it('is the answer of a listener of the application beside it, if it is nothing', async () => {
    const { app, client } = await open();
    app.sockets.server.sockets.sockets.get(client.id)?.on('user', (...args: unknown[]) => {
      setImmediate(() => (args.at(-1) as (value: string) => void)('from the listener'));
    });
    expect(await client.socket.emitWithAck('user')).toBe('from the listener');
  });

  it('is acknowledged by the handler itself if it takes the acknowledgement', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck('taken', 'hidden')).toEqual([{ name: 'ada' }]);
    expect(await client.socket.emitWithAck('third', 'hidden')).toEqual([{ name: 'ada' }]);
    client.socket.emit('taken', 'circle');
    expect(await client.socket.emitWithAck('give', 'text')).toBe('ada');
  });

  it('may be what was sent: several arguments, lists, and bytes', async () => {
    const { client } = await open();
    for (const data of [[1, 2], [], [[1]], { n: 1 }, 'text', 0]) {
      expect(await client.socket.emitWithAck('echo', data)).toEqual(data);
    }
    expect(await client.socket.emitWithAck('echo', 1, 'two')).toEqual([1, 'two']);
    expect(Buffer.from((await client.socket.emitWithAck('echo', Buffer.from('x'))) as Uint8Array).toString()).toBe('x');
    expect(await client.socket.emitWithAck('echo')).toBeUndefined();
  });

  it('may never come, and then its client waits as long as it likes', async () => {
    const { client } = await open();
    const answers: unknown[] = [];
    client.socket.emit('give', 'never', (answer: unknown) => answers.push(answer));
    expect(await client.socket.emitWithAck('give', 'text')).toBe('ada');
    expect(answers).toEqual([]);
  });
});
