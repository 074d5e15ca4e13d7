import { Controller, Get, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it, type TestContext } from 'vitest';
import { PublishOnUpdate, Resourceful, type ResourceOptions, SubscribeOnRead } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { type Cluster, withCluster } from '../../../support/cluster.js';
import { Gate } from '../../../support/gate.js';
import { askForMissing, positionsOf, read, sinceOf } from '../positions/support/follow.js';

const startCluster = withCluster();

const ROUNDS = 60;

interface Row {
  id: number;
  version: number;
  by: string;
}

/** The database that both servers write to. */
const database = {
  row: { id: 1, version: 0, by: '' },
  /** Set while whoever writes first is to answer last. */
  held: undefined as Gate | undefined,

  async write(by: string): Promise<Row> {
    const row = { id: 1, version: database.row.version + 1, by };
    database.row = row;
    const { held } = database;
    database.held = undefined;
    await held?.opened;
    return row;
  },
};

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): Row[] {
    return [];
  }

  @Patch(':id/:by')
  @PublishOnUpdate()
  write(@Param('id', ParseIntPipe) _id: number, @Param('by') by: string): Promise<Row> {
    return database.write(by);
  }
}

/** Has both servers write one record, round by round; in every other round, who writes first answers last. */
async function race(
  context: TestContext,
  card: ResourceOptions,
): Promise<{ cluster: Cluster; clients: TestClient[]; converged: number; inversions: number }> {
  const cluster = await startCluster(context, {
    controllers: [CardsController],
    sockets: { resources: { card } },
  });
  const { a, b } = cluster;
  const clients = [await cluster.connect(a), await cluster.connect(a), await cluster.connect(b)];
  await a.channel('card').watch(clients.map(({ id }) => id));
  await cluster.settle();
  let converged = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const servers: TestApplication[] = round % 4 < 2 ? [a, b] : [b, a];
    const gate = new Gate();
    if (round % 2 === 0) database.held = gate;
    const from = database.row.version;
    const writes = servers.map((server) => server.request('PATCH', `/cards/1/${server === a ? 'a' : 'b'}`));
    if (round % 2 === 0) {
      const isNewest = ({ data }: { data: Row }): boolean => data.version === from + 2;
      await Promise.all(clients.map((client) => client.next('card', isNewest)));
    }
    gate.open();
    for (const { status } of await Promise.all(writes)) expect(status).toBe(200);
    await cluster.settle();
    if (clients.every((client) => versionsIn(client).at(-1) === database.row.version)) converged++;
  }
  const inversions = clients.flatMap((client) =>
    versionsIn(client).filter((version, index, all) => index > 0 && version < all[index - 1]),
  );
  return { cluster, clients, converged, inversions: inversions.length };
}

function versionsIn(client: TestClient): number[] {
  return (client.heard('card') as Array<{ data: Row }>).map(({ data }) => data.version);
}

describe('Two servers that write one record at the same time', () => {
  it('show all clients the state of the database, and never an older one after it', async (context) => {
    const { converged, inversions } = await race(context, { version: 'version' });

    expect({ converged, inversions }).toEqual({ converged: ROUNDS, inversions: 0 });
  });

  it('show them an older one where records have no versions', async (context) => {
    const { converged, inversions } = await race(context, {});

    expect(converged).toBeLessThan(ROUNDS);
    expect(inversions).toBeGreaterThan(0);
  });

  it('miss nothing by it: who follows positions is told where it stands, and is not sent it later either', async (context) => {
    const cluster = await startCluster(context, {
      controllers: [CardsController],
      sockets: { resources: { card: { version: 'version' } } },
    });
    const { a, b } = cluster;
    const clients = [await cluster.connect(a), await cluster.connect(b)];
    const since = await Promise.all(clients.map((client) => positionOf(client)));
    await cluster.settle();

    // Each sends its own to its own clients first.
    for (let version = 2; version <= 20; version += 2) {
      void a.channel('card').publishUpdate(1, { version });
      void b.channel('card').publishUpdate(1, { version: version - 1 });
    }
    await cluster.settle();

    for (const [index, client] of clients.entries()) {
      expect(Object.keys(positionsOf(client))).not.toEqual([]);
      for (const positions of Object.values(positionsOf(client))) {
        const inOrder = positions.toSorted(([, one], [, other]) => one - other);
        expect(inOrder.slice(1).map(([previous]) => previous)).toEqual(inOrder.slice(0, -1).map(([, own]) => own));
      }
      const live = versionsIn(client);
      await expect
        .poll(async () => {
          client.forget();
          await askForMissing(client, { since: since[index] });
          return versionsIn(client).at(-1);
        })
        .toBe(20);
      for (const versions of [live, versionsIn(client)]) {
        expect(versions).toEqual(versions.toSorted((one, other) => one - other));
        expect(versions.at(-1)).toBe(20);
      }
    }
  });
});

/** Reads until the answer says how far it reaches: on a busy machine, a journal may not answer in time. */
async function positionOf(client: TestClient): Promise<string> {
  let position = 'new';
  await expect
    .poll(async () => (position = sinceOf(await read(client, '/cards', { 'realtime-since': 'new' }))))
    .not.toBe('new');
  return position;
}
