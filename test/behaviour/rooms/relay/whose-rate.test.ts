import { Injectable } from '@nestjs/common';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { Relay, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import type { TestClient } from '../../../support/client.js';
import { DONE, signal, tooOften } from './support/signals.js';

/** At most two at once, and one each ten seconds. */
@Injectable()
@Relay('typing', { to: 'board:{boardId}', rate: 0.1, burst: 2 })
class Signals {}

/** An application where the client says which user it is; without a name it is nobody in particular. */
const startApplication = (): Promise<TestApplication> =>
  start({
    imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => (auth.name ? { id: String(auth.name) } : null) })],
    providers: [Signals],
  });

async function enterBoard(app: TestApplication, auth: { name?: string }): Promise<TestClient> {
  const client = await app.connect({ auth });
  await app.sockets.join(client.id, 'board:1');
  return client;
}

const type = (client: TestClient): Promise<unknown> => signal(client, 'typing', { boardId: 1 });

async function typeTwice(client: TestClient): Promise<void> {
  expect(await type(client)).toEqual(DONE);
  expect(await type(client)).toEqual(DONE);
}

const connected = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('connect', resolve));

describe('The rate of a relay', () => {
  it('is that of a connection of nobody in particular, which cannot have it anew by entering its namespace again', async () => {
    stopClock();
    const app = await startApplication();
    app.sockets.server.of('/other');
    const client = await enterBoard(app, {});
    const other = client.socket.io.socket('/other');
    await connected(other);
    await typeTwice(client);
    client.socket.disconnect();
    // Socket.IO ends a connection that asks for a namespace before it has left it.
    await other.emitWithAck('get', { url: '/' });
    await connected(client.socket.connect());
    await app.sockets.join(client.id, 'board:1');
    expect(await type(client)).toEqual(tooOften(10));
    await typeTwice(await enterBoard(app, {}));
    expect(app.sockets.metrics().refused.relayRate).toBe(1);
  });

  it('is that of a user, whatever the connections and however often they begin', async () => {
    const clock = stopClock();
    const app = await startApplication();
    const first = await enterBoard(app, { name: 'ada' });
    const second = await enterBoard(app, { name: 'ada' });
    expect(await type(first)).toEqual(DONE);
    expect(await type(second)).toEqual(DONE);
    expect(await type(first)).toEqual(tooOften(10));
    expect(await type(second)).toEqual(tooOften(10));
    first.socket.disconnect();
    second.socket.disconnect();
    expect(await type(await enterBoard(app, { name: 'ada' }))).toEqual(tooOften(10));
    await typeTwice(await enterBoard(app, { name: 'grace' }));
    await clock.pass(20_000);
    await typeTwice(await enterBoard(app, { name: 'ada' }));
  });

  it('is both for a connection that becomes that of a user', async () => {
    stopClock();
    const app = await startApplication();
    const client = await enterBoard(app, {});
    await typeTwice(client);
    await client.socket.emitWithAck('reauthenticate', { name: 'ada' });
    await app.sockets.join(client.id, 'board:1');
    expect(await type(client)).toEqual(tooOften(10));
  });

  it('is kept for a user for as long as it takes to be full again, and forgotten then', async () => {
    const clock = stopClock();
    const app = await startApplication();
    await typeTwice(await enterBoard(app, { name: 'ada' }));
    for (const name of ['b', 'c', 'd', 'e']) await typeTwice(await enterBoard(app, { name }));
    expect(await type(await enterBoard(app, { name: 'ada' }))).toEqual(tooOften(10));
    await clock.pass(10_000);
    const back = await enterBoard(app, { name: 'ada' });
    expect(await type(back)).toEqual(DONE);
    expect(await type(back)).toEqual(tooOften(10));
  });
});
