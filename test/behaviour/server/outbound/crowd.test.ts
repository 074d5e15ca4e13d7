import { expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { eventually } from '../../../support/eventually.js';

/** More than are written to in one turn of the event loop. */
const CROWD = 1_005;

const ENOUGH = 1_000_000;

it('a crowd hears what is sent to it in several turns, each of its members everything and in order', async () => {
  const limits = {
    connectionsPerAddress: ENOUGH,
    connectionsPerUser: ENOUGH,
    handshakesPerSecond: ENOUGH,
    handshakeBurst: ENOUGH,
  };
  const app = await start({ imports: [SocketsModule.forRoot({ limits })] });
  const clients: TestClient[] = [];
  for (let count = 0; count < CROWD; count += 67)
    clients.push(...(await Promise.all(Array.from({ length: 67 }, () => app.connect()))));
  let turn = 0;
  const writtenIn = new Map<string, number[]>();
  for (const [id, { conn }] of app.sockets.server.sockets.sockets) {
    const { _socket: tcp } = (
      conn.transport as unknown as { socket: { _socket: { write: (...args: unknown[]) => unknown } } }
    ).socket;
    const write = tcp.write.bind(tcp);
    const turns: number[] = [];
    writtenIn.set(id, turns);
    tcp.write = (...args) => {
      turns.push(turn);
      return write(...args);
    };
  }

  await app.sockets.join(
    clients.map(({ id }) => id),
    'crowd',
  );
  const next = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await app.sockets.broadcast('crowd', 'said', 'first');
  await next();
  turn++;
  await app.sockets.broadcast('crowd', 'said', 'second');
  await next();
  turn++;
  await app.sockets.broadcast('crowd', 'said', 'third');
  const heard = (): string[] => clients.map((client) => client.heard('said').join());
  await eventually(() => expect(new Set(heard())).toEqual(new Set(['first,second,third'])));

  const firstTurns = [...writtenIn.values()].map(([first]) => first);
  expect(firstTurns.filter((one) => one === 0)).toHaveLength(1_000);
  expect(firstTurns.filter((one) => one === 1)).toHaveLength(5);
});
