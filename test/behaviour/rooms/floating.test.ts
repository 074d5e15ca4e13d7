import { describe, expect, it, onTestFinished } from 'vitest';
import { start } from '../../support/application.js';
import { Logs } from '../../support/logs.js';
/** Everything that nobody handled from now on, in place of the end of the process (or of the test run). */
function collectUnhandledRejections(): unknown[] {
  const found: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  const collect = (reason: unknown): void => void found.push(reason);
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', collect);
  onTestFinished(() => {
    process.off('unhandledRejection', collect);
    for (const listener of others) process.on('unhandledRejection', listener);
  });
  return found;
}

describe('a call that nobody awaits and that fails', () => {
  it('is no unhandled rejection, whatever the method', async () => {
    const unhandled = collectUnhandledRejections();
    const app = await start();
    const { sockets } = app;
    const wrong = {} as never;

    void sockets.join(wrong, 'room');
    void sockets.leave(wrong, 'room');
    void sockets.leaveAll(wrong);
    void sockets.addRoomMembersToRooms(wrong, 'room');
    void sockets.removeRoomMembersFromRooms(wrong, 'room');
    void sockets.broadcast(wrong, 'hello');
    void sockets.broadcast('room', 'hello', 1n);
    void sockets.blast(5 as never);
    void sockets.subscribers(wrong);
    void sockets.socketRooms(wrong);
    void sockets.disconnect(wrong);
    void sockets.request(wrong, 'ask');
    void sockets.request('nobody', 'ask');
    void sockets.serverSideEmit('');
    void sockets.serverSideBlast('error');

    await app.settle();
    expect(unhandled).toEqual([]);
  });

  it('is seen by this test, were it one', async () => {
    const unhandled = collectUnhandledRejections();
    const app = await start();

    void Promise.reject(new Error('nobody cares'));

    await app.settle();
    expect(unhandled).toEqual([new Error('nobody cares')]);
  });

  it('is logged once, in words that name the method', async () => {
    const logs = new Logs();
    const app = await start({ main: logs.open });

    void app.sockets.broadcast('', 'hello', 1);

    await app.settle();
    expect(logs.naming('broadcast: an empty string is not a room').warnings).toHaveLength(1);
  });

  it('is not logged where it answers a question, which whoever asks hears', async () => {
    const logs = new Logs();
    const app = await start({ main: logs.open });
    const client = await app.connect();

    await expect(app.sockets.request(client.id, 'ask', 1, { timeout: 5 })).rejects.toThrow('no answer');

    expect(logs.naming('request').warnings).toEqual([]);
  });
});
