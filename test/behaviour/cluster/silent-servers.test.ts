import { Logger } from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ServersTimeoutError } from '../../../src/index.js';
import { caller, withRequest } from '../../support/caller.js';
import { start } from '../../support/application.js';
import { clusteredModule, withCluster, type Cluster } from '../../support/cluster.js';
import { stopClock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { expectRefusal } from '../../support/refusal.js';

const startCluster = withCluster();

/**
 * One more server, that is there and answers no questions, as a frozen one does.
 *
 * @returns waits until this one has so many answers of the others to its questions
 */
async function addSilentServer({ a, bus }: Cluster): Promise<(count: number) => Promise<void>> {
  const silent = await start({ imports: [clusteredModule(bus, {})] });
  silent.sockets.server.of('/').removeAllListeners('nestjs-sockets:ask-server');
  const adapter = a.sockets.server.of('/').adapter as unknown as Partial<
    Record<'requests' | 'customRequests', Pending>
  >;
  await expect.poll(() => a.sockets.server.of('/').adapter.serverCount()).toBe(3);
  const pending = (): Array<{ responses?: unknown[] }> =>
    [adapter.requests, adapter.customRequests].flatMap((requests) => [...(requests?.values() ?? [])]);
  return (count) => eventually(() => expect(pending().flatMap(({ responses = [] }) => responses)).toHaveLength(count));
}

/** What adapters wait for. */
type Pending = ReadonlyMap<string, { responses?: unknown[] }>;

describe('a server that does not answer, beside two that do', () => {
  it('is named by a typed error, within six seconds, that holds what the others said', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    await a.sockets.join(here.id, ['room', 'x']);
    await b.sockets.join(there.id, ['room', 'y']);
    await b.channel('user').subscribe(there.id, 1);
    const answered = await addSilentServer(cluster);
    const clock = stopClock();

    const refused = (question: Promise<unknown>, method: string): Promise<void> =>
      expectRefusal(question, ServersTimeoutError, 'SERVERS_TIMEOUT', `${method}: not all servers`, '"partial"');
    const partial = async (question: Promise<unknown>): Promise<readonly string[]> =>
      question.then(
        () => [],
        (error: unknown) => (error as ServersTimeoutError).partial,
      );
    const outcomes = Promise.all([
      refused(a.sockets.subscribers('room'), 'subscribers'),
      refused(a.sockets.rooms(), 'rooms'),
      refused(a.sockets.socketRooms(there.id), 'socketRooms'),
      refused(a.sockets.request('room', 'ask'), 'request'),
      refused(a.channel('user').subscribers(1), 'user.subscribers'),
      partial(a.sockets.subscribers('room')),
      partial(a.sockets.rooms()),
      partial(a.sockets.socketRooms(there.id)),
      partial(a.channel('user').subscribers(1)),
    ]);

    // What the others say is here: nine questions, since a request asks who is in the room.
    await answered(9);
    await cluster.settle();
    await clock.pass(6_000);
    const [, , , , , ...known] = await outcomes;
    const roomsThere = [there.id, 'room', 'y', 'resource:user/1'];
    expect(known).toEqual([
      [here.id, there.id],
      [here.id, 'room', 'x', there.id, 'y', 'resource:user/1'],
      roomsThere,
      [there.id],
    ]);
  });

  it('is not waited for where only sockets of this server are asked about', async (context) => {
    const cluster = await startCluster(context);
    const here = await cluster.connect(cluster.a);
    await addSilentServer(cluster);

    expect(await cluster.a.sockets.socketRooms(here.id)).toEqual([here.id]);
    expect(await cluster.a.sockets.subscribers(here.id)).toEqual([here.id]);
  });

  it('leaves a request whose X-Socket-Id it may have without a socket; the application goes on', async (context) => {
    const log = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => log.mockRestore());
    const cluster = await startCluster(context, caller);
    const { a } = cluster;
    const here = await cluster.connect(a);
    await addSilentServer(cluster);

    const clock = stopClock();
    await clock.passUntil(
      withRequest(a, { 'x-socket-id': 'A'.repeat(20) }, (request) => a.sockets.blast('hello', 1, { except: request })),
    );

    await here.next('hello');
    expect(log).toHaveBeenCalledWith(expect.stringContaining('The socket named by X-Socket-Id could not be looked up'));
  });
});
