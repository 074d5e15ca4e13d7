import { Controller, Get } from '@nestjs/common';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { RawClient } from './support/raw-client.js';

/** Frees what nothing refers to any more. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('A connection that is closed', () => {
  it.each([
    ['in a namespace', true],
    ['that never was in a namespace', false],
  ])('is not kept in memory until its time would be up, %s', async (_what, enters) => {
    const app = await start({ imports: [SocketsModule.forRoot({ server: { connectTimeout: 1_000_000 } })] });
    const { engine } = app.sockets.server;
    const connections: Array<WeakRef<object>> = [];
    engine.on('connection', (connection: object) => connections.push(new WeakRef(connection)));

    for (let number = 0; number < 20; number++) {
      const client = await (enters ? RawClient.enter(app) : RawClient.open(app));
      await client.close();
    }
    await eventually(() => expect(engine.clientsCount).toBe(0));

    await eventually(() => {
      collectGarbage();
      // The last ones may be referred to by what Node keeps for a while.
      expect(connections.filter((connection) => connection.deref()).length).toBeLessThan(10);
    });
    expect(connections).toHaveLength(20);
  });

  it('takes along what was to be answered on it, of which Node does not say that it is over', async () => {
    const gate = new Gate();
    const responses: Array<WeakRef<object>> = [];

    @Controller('slow')
    class SlowController {
      @Get()
      async find(): Promise<object> {
        await gate.opened;
        return {};
      }
    }

    const app = await start({
      controllers: [SlowController],
      main: (nest) =>
        nest.use((_request: object, response: object, next: () => void) => {
          responses.push(new WeakRef(response));
          next();
        }),
    });
    for (let number = 1; number <= 3; number++) {
      const client = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
      client.write('GET /slow HTTP/1.1\r\nHost: app.example\r\n\r\n'.repeat(10));
      await eventually(() => expect(responses).toHaveLength(number * 10));
      client.destroy();
      await once(client, 'close');
    }
    gate.open();

    await eventually(() => {
      collectGarbage();
      expect(responses.filter((response) => response.deref()).length).toBeLessThan(10);
    });
  });
});
