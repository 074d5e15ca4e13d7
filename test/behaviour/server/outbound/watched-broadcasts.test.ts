import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

// The ordinary way does the same.
describe.each([true, false])('a broadcast that the application watches (fastDelivery: %s)', (fastDelivery) => {
  const startOne = () => start({ imports: [SocketsModule.forRoot({ fastDelivery })] });

  it('leaves out whom it is not for, though a listener makes another one in the midst of it', async () => {
    const app = await startOne();
    const [watched, left, other] = [await app.connect(), await app.connect(), await app.connect()];
    const io = app.sockets.server;
    for (const { id } of [watched, left, other]) await app.sockets.join(id, 'room');
    await app.sockets.join(left.id, 'left out');
    io.sockets.sockets.get(watched.id)?.onAnyOutgoing((event) => {
      if (event === 'outer') io.to('room').emit('inner', {});
    });

    io.to('room').except('left out').emit('outer', {});
    await app.settle();

    const events = [watched, left, other].map(({ received }) =>
      received.map(([event]) => event).filter((event) => event !== 'marker'),
    );
    expect(events.map((each) => each.toSorted())).toEqual([['inner', 'outer'], ['inner'], ['inner', 'outer']]);
  });

  it('is shown to a listener to packets that was added in the same turn', async () => {
    const app = await startOne();
    const client = await app.connect();
    const io = app.sockets.server;
    const seen: unknown[] = [];

    io.emit('before', 1);
    io.sockets.sockets.get(client.id)?.conn.on('packetCreate', ({ data }) => seen.push(data));
    io.emit('after', 2);
    await app.settle();

    expect(seen[0]).toBe('2["after",2]');
    expect(client.received.slice(0, 2)).toEqual([
      ['before', 1],
      ['after', 2],
    ]);
  });
});
