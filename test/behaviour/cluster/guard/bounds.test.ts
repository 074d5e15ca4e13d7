import { ClusterAdapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import { cluster, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';

/** An adapter of others whose bus takes nothing, and says nothing. */
class Stuck extends ClusterAdapter {
  protected doPublish(): Promise<string> {
    return new Promise(() => undefined);
  }

  protected doPublishResponse(): Promise<void> {
    return new Promise(() => undefined);
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(2);
  }
}

const startStuck = (): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot({ cluster: cluster({ adapter: Stuck as never }) })] });

describe('What the application emits while the bus takes nothing', () => {
  it.for([
    ['text', 'x'.repeat(1_000_000)],
    ['text within records', { card: { title: 'x'.repeat(1_000_000) } }],
    ['bytes', Buffer.alloc(1_000_000)],
  ] as const)('is kept up to 16 MB, and reaches its own clients all the same: %s', async ([, data]) => {
    const application = await startStuck();
    const client = await application.connect();
    const before = application.sockets.metrics().bus.unsent;

    for (let times = 0; times < 30; times++) application.sockets.server.to(client.id).emit('hello', data);

    const { unsent } = application.sockets.metrics().bus;
    expect(unsent - before).toBeGreaterThanOrEqual(13);
    expect(unsent - before).toBeLessThanOrEqual(15);
    await expect.poll(() => client.heard('hello').length).toBe(30);
  });

  it.for([
    ['to clients', (application: TestApplication) => application.sockets.server.emit('hello')],
    ['to servers', (application: TestApplication) => application.sockets.server.serverSideEmit('hello')],
  ] as const)('is kept up to 10,000 messages %s, each of which counts once', async ([, emit]) => {
    const application = await startStuck();
    const before = application.sockets.metrics().bus.unsent;
    // What the library itself says.
    const own = 100;

    for (let times = 0; times < 10_000 - own; times++) emit(application);
    expect(application.sockets.metrics().bus.unsent).toBe(before);
    for (let times = 0; times < 2 * own; times++) emit(application);
    expect(application.sockets.metrics().bus.unsent - before).toBeGreaterThanOrEqual(own);
  });
});
