import { describe, expect, it, onTestFinished } from 'vitest';
import { NotSerializableError, SocketsModule } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { expectRefusal } from '../../support/refusal.js';
/** An object in an object in an object: so many of them. */
function nested(levels: number): object {
  let data = {};
  for (let level = 1; level < levels; level++) data = level % 2 ? { data } : [data];
  return data;
}

function circular(): object {
  const author: Record<string, unknown> = { name: 'ada' };
  author.books = [{ title: 'notes', author }];
  return author;
}

class Secretive {
  readonly password = 's3cret';
  calls = 0;
  constructor(readonly name: string) {}
  toJSON(): object {
    this.calls++;
    return { name: this.name };
  }
}

/** An entity that knows its parent and hides it, as ORMs make them. */
class Child {
  parent?: object;
  toJSON(): object {
    return { child: true };
  }
}

async function startWithClient(): Promise<[TestApplication, TestClient]> {
  const app = await start();
  return [app, await app.connect()];
}

async function expectNoWayToSend(
  app: TestApplication,
  client: TestClient,
  data: unknown,
  ...words: string[]
): Promise<void> {
  const { sockets } = app;
  const ways: Record<string, () => Promise<unknown>> = {
    broadcast: () => sockets.broadcast(client.id, 'hello', data),
    blast: () => sockets.blast('hello', data),
    request: () => sockets.request(client.id, 'hello', data),
    serverSideEmit: () => sockets.serverSideEmit('hello', 1, data),
    serverSideBlast: () => sockets.serverSideBlast('hello', 1, data),
  };
  for (const [method, way] of Object.entries(ways)) {
    await expectRefusal(way, NotSerializableError, 'NOT_SERIALIZABLE', `${method}: the data cannot be sent`, ...words);
  }
  await app.settle();
  expect(client.heard('hello')).toEqual([]);
}

describe('data that cannot travel is refused before anything is sent:', () => {
  it('circular', async () => {
    const [app, client] = await startWithClient();

    await expectNoWayToSend(app, client, circular(), 'it is circular');
  });

  it('circular through a toJSON() that makes a new object each time', async () => {
    const [app, client] = await startWithClient();
    class Node {
      next: unknown = this;
      toJSON(): object {
        return { ...this };
      }
    }

    await expectNoWayToSend(app, client, new Node(), 'it is circular');
  });

  it('a BigInt, wherever it is', async () => {
    const [app, client] = await startWithClient();

    await expectNoWayToSend(app, client, 1n, 'BigInt', 'send it as a string');
    await expectNoWayToSend(app, client, { rows: [{ id: 1n }] }, 'BigInt');
  });

  it('a function or a symbol, which Socket.IO would take for an acknowledgement', async () => {
    const [app, client] = await startWithClient();

    await expectNoWayToSend(app, client, () => 1, 'a function is not data');
    await expectNoWayToSend(app, client, Symbol('s'), 'a symbol is not data');
  });

  it('a Blob, which arrives empty', async () => {
    const [app, client] = await startWithClient();

    await expectNoWayToSend(app, client, { file: new Blob(['x']) }, 'Blob', 'arrayBuffer');
  });

  it('with a toJSON() or a getter that throws, whose error is the cause', async () => {
    const [app, client] = await startWithClient();
    const cause = new Error('database gone');
    const throwing = {
      toJSON: () => {
        throw cause;
      },
    };
    const getter = {
      get name(): string {
        throw cause;
      },
    };

    await expectNoWayToSend(app, client, throwing, 'toJSON() in it throws');
    await expectNoWayToSend(app, client, { list: [getter] }, 'getter');
    await expect(app.sockets.blast('hello', throwing)).rejects.toMatchObject({ cause });
  });

  it.each([33, 5_000, 400_000])('nested %i deep; the process goes on', async (levels) => {
    const [app, client] = await startWithClient();

    await expectNoWayToSend(app, client, nested(levels), 'deeper than 32 levels', 'maxNesting');

    await app.sockets.blast('alive', 1);
    await client.next('alive');
  });

  it('but nested 32 deep it arrives', async () => {
    const [app, client] = await startWithClient();

    await app.sockets.blast('hello', nested(32));

    expect(await client.next('hello')).toEqual([nested(32)]);
  });

  it('and the option maxNesting says how deep', async () => {
    const app = await start({ imports: [SocketsModule.forRoot({ maxNesting: 2 })] });
    const client = await app.connect();

    await expectNoWayToSend(app, client, nested(3), 'deeper than 2 levels');
    await app.sockets.blast('hello', nested(2));
    expect(await client.next('hello')).toEqual([nested(2)]);
  });
});

describe('data arrives as JSON has it:', () => {
  it('a field called event, then, toJSON, length, subscribe or __proto__ is plain data', async () => {
    const [app, client] = await startWithClient();
    const text =
      '{"event":"disconnect","then":"x","toJSON":"y","length":3,' +
      '"subscribe":true,"constructor":{"prototype":1},"__proto__":{"admin":true}}';
    const record = JSON.parse(text) as object;

    await app.sockets.broadcast(client.id, 'hello', record);
    await app.sockets.broadcast(client.id, 'hello', [record]);
    await app.sockets.broadcast(client.id, record);

    await app.settle();
    expect(JSON.stringify(client.heard('hello'))).toBe(`[${text},[${text}]]`);
    expect(JSON.stringify(client.heard('message'))).toBe(`[${text}]`);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(client.socket.connected).toBe(true);
  });

  it('dates as text, undefined left out, methods left out, holes as null, maps as nothing', async () => {
    const [app, client] = await startWithClient();
    const at = new Date(0);
    const data = {
      at,
      none: undefined,
      method: () => 1,
      list: [undefined, () => 1, NaN],
      map: new Map([[1, 2]]),
      text: new String('x'),
    };

    await app.sockets.blast('hello', data);

    expect(await client.next('hello')).toEqual([JSON.parse(JSON.stringify(data))]);
  });

  it('toJSON() is asked once', async () => {
    const [app, client] = await startWithClient();
    const user = new Secretive('ada');

    await app.sockets.blast('hello', { user });

    expect(await client.next('hello')).toEqual([{ user: { name: 'ada' } }]);
    expect(user.calls).toBe(1);
  });

  it('a BigInt that the application taught to become JSON', async () => {
    const [app, client] = await startWithClient();
    const prototype = BigInt.prototype as { toJSON?: () => string };
    onTestFinished(() => void delete prototype.toJSON);
    prototype.toJSON = function (this: bigint) {
      return this.toString();
    };

    await app.sockets.blast('hello', { id: 12345678901234567890n });

    expect(await client.next('hello')).toEqual([{ id: '12345678901234567890' }]);
  });

  it('the same object twice is not a circle', async () => {
    const [app, client] = await startWithClient();
    const shared = { n: 1 };

    await app.sockets.blast('hello', { a: shared, b: [shared, shared] });

    expect(await client.next('hello')).toEqual([{ a: { n: 1 }, b: [{ n: 1 }, { n: 1 }] }]);
  });

  it('but Buffers, typed arrays and array buffers arrive as binary, at the top and within', async () => {
    const [app, client] = await startWithClient();
    const bytes = Buffer.from([0, 127, 128, 255]);
    const floats = new Float64Array([0.5, -1]);

    await app.sockets.blast('buffer', bytes);
    await app.sockets.blast('nested', { file: { bytes, name: 'a.bin' }, list: [bytes] });
    await app.sockets.blast('floats', floats);
    await app.sockets.blast('array buffer', bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 4));

    await app.settle();
    expect(client.heard('buffer')).toEqual([bytes]);
    expect(client.heard('nested')).toEqual([{ file: { bytes, name: 'a.bin' }, list: [bytes] }]);
    expect(client.heard('floats')).toEqual([Buffer.from(floats.buffer)]);
    expect(client.heard('array buffer')).toEqual([bytes]);
  });

  it('beside a Buffer too: what toJSON() hides stays hidden, circle and all', async () => {
    const [app, client] = await startWithClient();
    const child = new Child();
    child.parent = { child };

    await app.sockets.blast('hello', { bytes: Buffer.from('x'), user: new Secretive('ada'), child, at: new Date(0) });

    expect(await client.next('hello')).toEqual([
      { bytes: Buffer.from('x'), user: { name: 'ada' }, child: { child: true }, at: '1970-01-01T00:00:00.000Z' },
    ]);
  });
});
