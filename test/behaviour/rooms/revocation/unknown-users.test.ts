import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';

describe('Revoking a right, while no client is connected as a user,', () => {
  const startWith = async (options: SocketsModuleOptions): Promise<[TestApplication, Logs]> => {
    const logs = new Logs();
    const app = await start({ imports: [SocketsModule.forRoot(options)], main: logs.open });
    return [app, logs];
  };
  const warnings = (logs: Logs): string[] => logs.naming('revoke: ').warnings;

  it.each<[string, SocketsModuleOptions]>([
    ['since nothing says who connects', {}],
    ['since `authenticate` names nobody', { authenticate: () => true }],
  ])('%s, is warned of once, with the fix', async (_, options) => {
    const [app, logs] = await startWith(options);
    await app.connect();

    await app.sockets.revoke({ user: 1 });
    await app.sockets.revoke({ user: 1, room: 'lobby' });

    expect(warnings(logs)).toEqual([expect.stringContaining('SocketsModule.forRoot({ authenticate })')]);
  });

  it('is not warned of where users are known, or nobody has been connected yet', async () => {
    const [app, logs] = await startWith({ authenticate: ({ auth }) => (auth.user as object | undefined) ?? true });
    await app.sockets.revoke({ user: 1 });
    await app.connect({ auth: { user: { id: 1 } } });
    await app.connect();

    await app.sockets.revoke({ user: 2 });

    expect(warnings(logs)).toEqual([]);
  });

  it('is not warned of where a middleware says who somebody is', async () => {
    const [app, logs] = await startWith({});
    app.sockets.server.use((socket, next) => {
      (socket.data as { user?: unknown }).user = 7;
      next();
    });
    await app.connect();

    await app.sockets.revoke({ user: 7 });

    expect(warnings(logs)).toEqual([]);
  });
});
