import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
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
});
