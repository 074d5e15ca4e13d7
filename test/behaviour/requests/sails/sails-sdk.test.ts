import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { ask, loadOldClient, loadSails, nextOf, type OldSocket } from './support/sails-client.js';
import { sailsControllers } from './support/sails-controller.js';

const VERSION = '__sails_io_sdk_version';

interface HandedOver {
  transports: string[];
  path: string;
  query: string;
}

interface Answer {
  statusCode: number;
  body: { statusCode: number; code: string; message: string };
}

/** A client of Socket.IO 2 that is not `sails.io.js`. */
async function connectOld(app: TestApplication, options: Record<string, unknown> = {}): Promise<OldSocket> {
  const socket = loadOldClient()(app.url, { transports: ['websocket'], reconnection: false, ...options });
  onTestFinished(() => socket.io.close());
  await nextOf(socket, 'connect');
  return socket;
}

function hello(socket: OldSocket | TestClient['socket']): Promise<Answer> {
  return new Promise((resolve) => void socket.emit('get', { url: '/hello' }, resolve));
}

describe('Sails row 52: the version of sails.io.js', () => {
  it.each(['0.11.0', '0.13.8', '1.2.1', '10.0.0', '0.11.0-rc.1'])('%s is served', async (version) => {
    const app = await start(sailsControllers);

    const socket = await connectOld(app, { query: { [VERSION]: version } });

    expect(await hello(socket)).toMatchObject({ statusCode: 200, body: { hello: 'world' } });
  });

  it.each([undefined, '0.10.9', '0.9.0', '0', 'latest', ''])(
    '%s is refused, at every request, in words',
    async (version) => {
      const app = await start(sailsControllers);

      const socket = await connectOld(app, version === undefined ? {} : { query: { [VERSION]: version } });

      for (let time = 0; time < 2; time++) {
        const { statusCode, body } = await hello(socket);
        expect(statusCode).toBe(400);
        expect(body).toMatchObject({ statusCode: 400, code: 'BAD_REQUEST' });
        expect(body.message).toContain('need sails.io.js 0.11.0 or later');
        expect(body.message).toContain(VERSION);
      }
    },
  );

  it('may stand in a header as well', async () => {
    const app = await start(sailsControllers);
    const withHeader = (version: string): Promise<OldSocket> =>
      connectOld(app, { transportOptions: { websocket: { extraHeaders: { [VERSION]: version } } } });

    expect(await hello(await withHeader('1.2.1'))).toMatchObject({ statusCode: 200 });
    expect(await hello(await withHeader('0.10.0'))).toMatchObject({ statusCode: 400 });
  });

  it('does not matter to who only listens', async () => {
    const app = await start(sailsControllers);
    const socket = await connectOld(app);
    const heard = nextOf(socket, 'news');

    await app.sockets.blast('news', 1);

    expect((await heard)[0]).toBe(1);
  });

  it('is not asked of a client of Socket.IO 4, but counts if it says one', async () => {
    const app = await start(sailsControllers);

    const plain = await app.connect();
    const outdated = await app.connect({ query: { [VERSION]: '0.10.0' } });

    expect(await hello(plain.socket)).toMatchObject({ statusCode: 200 });
    expect(await hello(outdated.socket)).toMatchObject({ statusCode: 400 });
  });
});

describe('sails.io.js on top of socket.io-client 4', () => {
  it('needs no clients of Socket.IO 2 to be let in, if its options are handed over by name', async () => {
    const server = { allowEIO3: false };
    const app = await start({ ...sailsControllers, imports: [SocketsModule.forRoot({ server })] });
    // It keeps them in accessors, which the newer client does not see.
    const newer = (url: string, { transports, path, query }: HandedOver): Socket =>
      io(url, { transports, path, query: Object.fromEntries(new URLSearchParams(query)), reconnection: false });
    const sails = loadSails(newer);
    sails.sails.autoConnect = false;

    const socket = sails.sails.connect(app.url, { path: '/socket.io' });
    onTestFinished(() => socket._raw?.disconnect());
    await nextOf(socket, 'connect');

    expect(await ask(socket, { url: '/hello' })).toMatchObject({ statusCode: 200, body: { hello: 'world' } });
    expect((await ask(socket, { url: '/status/404' })).statusCode).toBe(404);
  });
});
