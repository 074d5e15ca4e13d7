import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import type { SocketsModuleOptions } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import { connect, type TestClient } from '../../../support/client.js';
import { withCluster, type Cluster } from '../../../support/cluster.js';
import { eavesdrop } from '../../../support/eavesdrop.js';
import { losesMessages, say } from '../../../support/server-messages.js';
import { CrashingServer } from './support/crashing-server.js';
import { authenticate, idsIn, presences } from './support/visitors.js';

const startCluster = withCluster();

const sockets: SocketsModuleOptions = {
  authenticate,
  presence: { rooms: ['lobby', '__proto__'], show: ({ name }: { name: string }) => ({ name }) },
};

async function visit(
  cluster: Cluster,
  server: TestApplication,
  id: string,
  rooms: string | string[] = 'lobby',
  namespace = '/',
): Promise<TestClient> {
  const client = await cluster.connect(server, { namespace, auth: { id } });
  await server.sockets.of(namespace).join(client.id, rooms);
  return client;
}

/** Both servers know these, and nobody else. */
async function agree(cluster: Cluster, ids: string[], room = 'lobby', namespace = '/'): Promise<void> {
  for (const server of [cluster.a, cluster.b]) {
    await expect.poll(() => idsIn(server, room, namespace)).toEqual(ids);
  }
}

/** What a server would hear if another one of the cluster said this. */
function sayOnBus({ b }: Cluster, said: unknown): void {
  say(b, 'presence', said);
}

describe('presence on two servers of a cluster', () => {
  it('is the same on both, in the order of coming, and a user with tabs on both counts once', async (context) => {
    const cluster = await startCluster(context, { sockets });
    const { a, b } = cluster;
    await visit(cluster, b, 'grace');
    await agree(cluster, ['grace']);
    await visit(cluster, a, 'ada');
    await agree(cluster, ['grace', 'ada']);
    await visit(cluster, a, 'grace');
    await visit(cluster, b, 'ada');
    await cluster.settle();

    await agree(cluster, ['grace', 'ada']);
    expect(await a.sockets.presence('lobby')).toEqual([
      { id: 'grace', user: { name: 'name of grace' } },
      { id: 'ada', user: { name: 'name of ada' } },
    ]);
  });

  it('members on either server hear of the first and of the last socket of a user, once', async (context) => {
    const cluster = await startCluster(context, { sockets });
    const { a, b } = cluster;
    const here = await visit(cluster, a, 'ada');
    // A server that learned of ada only now would tell bob of her.
    await agree(cluster, ['ada']);
    const there = await visit(cluster, b, 'bob');
    await agree(cluster, ['ada', 'bob']);
    await cluster.settle();
    here.forget();

    const first = await visit(cluster, a, 'grace');
    await agree(cluster, ['ada', 'bob', 'grace']);
    const last = await visit(cluster, b, 'grace');
    // What a server tells the others it tells in order: who knows of the marker knows of the second socket.
    await visit(cluster, b, 'marker', '__proto__');
    await agree(cluster, ['marker'], '__proto__');
    first.socket.disconnect();
    await expect.poll(() => a.sockets.subscribers('lobby')).toHaveLength(3);
    await cluster.settle();
    const joined = { room: 'lobby', id: 'grace', status: 'joined', user: { name: 'name of grace' } };
    for (const client of [here, there]) expect(client.heard('presence')).toEqual([joined]);
    await agree(cluster, ['ada', 'bob', 'grace']);

    await b.sockets.leave(last.id, 'lobby');
    await agree(cluster, ['ada', 'bob']);
    await cluster.settle();
    for (const client of [here, there]) {
      expect(client.heard('presence')).toEqual([joined, { ...joined, status: 'left' }]);
    }
    expect(presences(last)).toEqual([]);
  });

  it('a user who leaves and comes again in one breath is still there for everybody', async (context) => {
    const cluster = await startCluster(context, { sockets });
    const { a, b } = cluster;
    const watcher = await visit(cluster, b, 'bob');
    const ada = await visit(cluster, a, 'ada');
    await agree(cluster, ['bob', 'ada']);

    void a.sockets.leave(ada.id, 'lobby');
    void a.sockets.join(ada.id, 'lobby');
    await watcher.next('presence', ({ status }: { status: string }) => status === 'left');
    await agree(cluster, ['bob', 'ada']);
    await cluster.settle();

    expect(presences(watcher)).toEqual(['ada joined lobby', 'ada left lobby', 'ada joined lobby']);
  });

  it('row 40: a room and a user called __proto__ are known on both', async (context) => {
    const cluster = await startCluster(context, { sockets });
    await visit(cluster, cluster.a, '__proto__', '__proto__');

    await agree(cluster, ['__proto__'], '__proto__');
  });

  it('is kept for each namespace by itself, also one that comes into being later', async (context) => {
    const cluster = await startCluster(context, { sockets, namespaces: ['/', '/admin'] });
    const { a, b } = cluster;
    await visit(cluster, a, 'ada', 'lobby', '/admin');
    await visit(cluster, b, 'bob');

    await agree(cluster, ['ada'], 'lobby', '/admin');
    await agree(cluster, ['bob']);
  });

  it('a lost message is missed as soon as the server says that it is there, and made up for', async (context) => {
    const cluster = await startCluster(context, {
      sockets: { ...sockets, presence: { rooms: 'lobby', forgetAfter: 8_000 } },
    });
    const { a, b } = cluster;
    const watcher = await visit(cluster, b, 'bob');
    const goes = await visit(cluster, a, 'goes');
    await agree(cluster, ['bob', 'goes']);
    await cluster.settle();
    watcher.forget();

    // Whatever else could bring the servers into step again is lost as well, until the first sign of life.
    let isBeating: () => void = () => undefined;
    const beating = new Promise<void>((resolve) => (isBeating = resolve));
    const losses = [
      losesMessages(b),
      losesMessages(a, ([, news]) => {
        if ((news as { kind?: string } | undefined)?.kind === 'beat') isBeating();
      }),
    ];
    await a.sockets.leave(goes.id, 'lobby');
    await visit(cluster, a, 'comes');
    await beating;
    for (const end of losses) end();

    await agree(cluster, ['bob', 'comes']);
    await cluster.settle();
    expect(presences(watcher)).toEqual(['goes left lobby', 'comes joined lobby']);
  });

  it('what comes malformed over the bus, or twice, or late, changes nothing and ends nothing', async (context) => {
    const cluster = await startCluster(context, { sockets });
    const { a } = cluster;
    const watcher = await visit(cluster, a, 'ada');
    await visit(cluster, cluster.b, 'bob');
    await agree(cluster, ['ada', 'bob']);
    await cluster.settle();
    watcher.forget();
    const stay = { since: 1 };
    const server = 'another';
    const changes = [{ room: 'lobby', id: 'ghost', stay }];

    const malformed: unknown[] = [
      null,
      'lobby',
      [],
      {},
      { server },
      { server, kind: 'explode' },
      { server: 7, kind: 'changes', version: 1, changes },
      { server, kind: 'changes', version: '1', changes },
      { server, kind: 'changes', version: 1, changes: 'lobby' },
      { server, kind: 'changes', version: 1, changes: [null] },
      { server, kind: 'changes', version: 1, changes: [{ room: {}, id: 'ghost', stay }] },
      { server, kind: 'changes', version: 1, changes: [{ room: 'lobby', id: 'ghost', stay: 'x' }] },
      { server, kind: 'state', version: 1, changes: [{ room: 'lobby', id: 'ghost' }] },
      { server, kind: 'state', version: -1, changes },
      { server, kind: 'ask', known: [['x']] },
      { server, kind: 'ask', known: { x: 1 } },
      { server, kind: 'beat', version: {} },
      // Well-formed, but what came before it is missing, and nobody tells it.
      { server, kind: 'changes', version: 7, changes },
      { server, kind: 'bye' },
    ];
    for (const said of malformed) sayOnBus(cluster, said);
    const right = {
      server,
      kind: 'changes',
      version: 1,
      changes: [{ room: 'lobby', id: 'carl', stay: { since: 9e12 } }],
    };
    for (const said of [right, right, { server, kind: 'state', version: 1, changes: [] }]) sayOnBus(cluster, said);

    await watcher.next('presence');
    await cluster.settle();
    expect(presences(watcher)).toEqual(['carl joined lobby']);
    expect(await idsIn(a)).toEqual(['ada', 'bob', 'carl']);
    sayOnBus(cluster, { server, kind: 'bye' });
    await watcher.next('presence', ({ status }: { status: string }) => status === 'left');
    expect(await idsIn(a)).toEqual(['ada', 'bob']);
  });

  it('a server that shuts down says goodbye: its users have left at once', async (context) => {
    const cluster = await startCluster(context, {
      sockets: { ...sockets, presence: { rooms: 'lobby', forgetAfter: 600_000 } },
    });
    const { a, b } = cluster;
    const watcher = await visit(cluster, a, 'ada');
    await visit(cluster, b, 'bob');
    const alsoThere = await visit(cluster, b, 'ada');
    await agree(cluster, ['ada', 'bob']);
    await cluster.settle();
    watcher.forget();

    await b.nest.close();

    await watcher.next('presence');
    expect(presences(watcher)).toEqual(['bob left lobby']);
    expect(await idsIn(a)).toEqual(['ada']);
    // Those who are sent away are not told of each other.
    expect(presences(alsoThere)).toEqual([]);
  });

  it('nothing of an identity but what is shown travels between the servers', async (context) => {
    const cluster = await startCluster(context, { sockets });
    const everything = await eavesdrop(cluster);

    await visit(cluster, cluster.a, 'ada');
    await agree(cluster, ['ada']);

    const said = await everything();
    expect(said).toContain('name of ada');
    expect(said).not.toContain('s3cret');
  });
});

describe('presence beside a server that crashes', () => {
  const forgetAfter = 4_000;
  const quick = { ...sockets, presence: { rooms: 'lobby', forgetAfter } };
  const present = (client: TestClient) => client.socket.emitWithAck('present') as Promise<string[]>;

  /** Of three users one is connected to the third server alone, and one also. All servers know all of them. */
  async function startWithThird(context: TestContext) {
    const cluster = await startCluster(context, { sockets: quick });
    const watcher = await visit(cluster, cluster.a, 'ada');
    await visit(cluster, cluster.b, 'bob');
    const third = await CrashingServer.start(cluster.bus, forgetAfter);
    const lost = await connect(third.url, { auth: { id: 'lost' } });
    const tab = await connect(third.url, { auth: { id: 'ada' } });
    await expect.poll(async () => (await present(tab)).toSorted()).toEqual(['ada', 'bob', 'lost']);
    await agree(cluster, ['ada', 'bob', 'lost']);
    await cluster.settle();
    watcher.forget();
    return { cluster, watcher, third, lost };
  }

  it('its users have left once it is silent for as long as the option says, and nobody else has', async (context) => {
    const { cluster, watcher, third } = await startWithThird(context);
    const since = performance.now();

    await third.kill();
    await watcher.next('presence');

    // Before the default of the option, which leaves a busy machine its time.
    expect(performance.now() - since).toBeLessThan(15_000);
    await agree(cluster, ['ada', 'bob']);
    await cluster.settle();
    expect(presences(watcher)).toEqual(['lost left lobby']);
  });

  it('one that only stood still comes back with its users, and has not taken the others for gone', async (context) => {
    const { cluster, watcher, third, lost } = await startWithThird(context);

    third.freeze();
    onTestFinished(() => third.thaw());
    await watcher.next('presence');
    lost.forget();
    third.thaw();
    await agree(cluster, ['ada', 'bob', 'lost']);
    await visit(cluster, cluster.a, 'marker');
    await lost.next('presence', ({ id }: { id: string }) => id === 'marker');
    await cluster.settle();

    expect(presences(watcher).slice(0, 2)).toEqual(['lost left lobby', 'lost joined lobby']);
    expect(presences(lost)).toEqual(['marker joined lobby']);
  });

  it('a server that comes later knows who is there already', async (context) => {
    const cluster = await startCluster(context, { sockets: quick });
    await visit(cluster, cluster.b, 'early');
    const third = await CrashingServer.start(cluster.bus, forgetAfter);
    const late = await connect(third.url, { auth: { id: 'late' } });

    await expect.poll(() => present(late)).toEqual(['early', 'late']);
  });
});
