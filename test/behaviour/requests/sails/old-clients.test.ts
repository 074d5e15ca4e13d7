import type { INestApplication } from '@nestjs/common';
import { request as send } from 'node:http';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { request } from '../../server/support/http.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { ask, connectSails } from './support/sails-client.js';
import { sailsControllers } from './support/sails-controller.js';

const OPTION = 'allowEIO3: false';
const transports = ['websocket', 'polling'];

interface Started {
  app: TestApplication;
  logs: Logs;
}

async function startWithout(): Promise<Started> {
  let logs: Logs | undefined;
  const app = await start({
    ...sailsControllers,
    imports: [SocketsModule.forRoot({ server: { allowEIO3: false } })],
    main: (nest: INestApplication) => (logs = listenTo(nest)),
  });
  return { app, logs: logs as Logs };
}

/** Reads what the server answers instead of upgrading. */
function refusedUpgrade(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const sent = send(`${url}/socket.io/?EIO=3&transport=websocket`, { headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once('upgrade', () => reject(new Error('It was upgraded.')));
    sent.once('error', reject).end();
  });
}

describe('clients of Socket.IO 2 that are switched off', () => {
  it.each(transports)('cannot connect by %s', async (transport) => {
    const { app } = await startWithout();

    await expect(connectSails(app.url, { transports: [transport] })).rejects.toThrow(/error/);
  });

  it.each(['EIO=3&transport=polling', 'transport=polling'])(
    'are answered with the option that keeps them out: %s',
    async (query) => {
      const { app } = await startWithout();

      const { status, text } = await request(`${app.url}/socket.io/?${query}`);

      expect(status).toBe(403);
      expect((JSON.parse(text) as { message: string }).message).toContain(OPTION);
    },
  );

  it('are answered so when they ask for a websocket, too', async () => {
    const { app } = await startWithout();

    const { status, text } = await refusedUpgrade(app.url);

    expect(status).toBe(400);
    expect(text).toContain(OPTION);
  });

  it('are named in the log, with the option, once', async () => {
    const { app, logs } = await startWithout();

    for (let time = 0; time < 3; time++) await request(`${app.url}/socket.io/?EIO=3&transport=polling`);

    expect(logs.naming(OPTION).warnings).toHaveLength(1);
  });

  it.each(transports)('leave those of Socket.IO 4 alone, by %s', async (transport) => {
    const { app, logs } = await startWithout();

    const client = await app.connect({ transports: [transport] });

    const { statusCode } = (await client.socket.emitWithAck('get', { url: '/hello' })) as { statusCode: number };
    expect(statusCode).toBe(200);
    expect(logs.naming('Socket.IO 2').warnings).toEqual([]);
  });
});

describe('clients of Socket.IO 2', () => {
  it.each([{}, { allowEIO3: true }, { allowEIO3: undefined }])(
    'may connect with the server options %j',
    async (server) => {
      const app = await start({ ...sailsControllers, imports: [SocketsModule.forRoot({ server })] });

      for (const transport of transports) {
        const socket = await connectSails(app.url, { transports: [transport] });
        expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
      }
    },
  );
});
