import type { WebSocketConnection } from '../clients/web-socket.js';
import { Oracle } from './oracle.js';
import type { Random } from '../attacks/random.js';
import type { Scene } from './scene.js';

const RECORDS = 2;
const STEPS = 60;

/** What came of a sequence: what is wrong, and how many messages were right. */
interface Sequence {
  faults: string[];
  told: number;
}

/** Has clients do what they like, one thing after the other, and compares what they were told with the oracle. */
export async function runSequence(scene: Scene, random: Random, name: string): Promise<Sequence> {
  // Users and records of its own, so that nothing is left over from another sequence.
  const base = Number(name) * RECORDS + 1;
  const users = ['ada', 'bob', 'eve'].map((user) => `${user}${name}`);
  const oracle = new Oracle();
  const clients = new Map<string, WebSocketConnection>();
  const faults: string[] = [];
  let versions = 0;
  let right = 0;

  const connect = async (client: string) => {
    const user = users[Number(client) % users.length];
    clients.get(client)?.end();
    clients.set(client, await scene.connect('websocket', { connect: `40{"token":"user:${user}"}` }));
    oracle.connected(client, user);
  };
  const check = async (client: string) => {
    const connection = clients.get(client)!;
    await answered(connection, 'echo', 'marker');
    const told = toldTo(connection);
    const due = oracle.due(client);
    if (told.join() === due.join()) right += told.length;
    else
      faults.push(`sequence ${name}: client ${client} was told [${told.join()}], and should be told [${due.join()}]`);
  };
  const steps: Array<(client: string, user: string, record: number) => Promise<unknown>> = [
    async (client, _user, record) => {
      const { statusCode } = (await answered(clients.get(client)!, 'get', { url: `/records/${record}` })) as Answer;
      const due = oracle.read(client, record);
      if (statusCode !== due) faults.push(`sequence ${name}: a read was answered ${statusCode} and not ${due}`);
    },
    async (_client, _user, record) => {
      oracle.published(record, ++versions);
      await scene.server.ask('change', record, versions);
    },
    async (_client, user, record) => {
      oracle.granted(user, record);
      await scene.server.ask('grant', user, record);
    },
    async (_client, user, record) => {
      await scene.server.ask('revoke', user, record);
      oracle.revoked(user, record);
    },
    async (client, _user, record) => {
      await answered(clients.get(client)!, 'sockets:unsubscribe', { resource: 'record', ids: [record] });
      oracle.unsubscribed(client, record);
    },
    async (client) => {
      await check(client);
      await connect(client);
    },
  ];
  /** They read and change more often than the rest. */
  const often = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

  for (const client of ['0', '1', '2', '3']) await connect(client);
  for (let step = 0; step < STEPS; step++) {
    await steps[random.of(often)](random.of([...clients.keys()]), random.of(users), base + random.below(RECORDS));
  }
  for (const client of clients.keys()) await check(client);
  scene.hangUp();
  return { faults, told: right };
}

interface Answer {
  statusCode?: number;
}

let acknowledgements = 100;

/** Emits an event, and waits for its acknowledgement. */
async function answered(connection: WebSocketConnection, ...event: unknown[]): Promise<unknown> {
  const number = ++acknowledgements;
  const prefix = `43${number}[`;
  const find = () => connection.received.find((text) => text.startsWith(prefix));
  await connection.send(`42${number}${JSON.stringify(event)}`);
  await connection.until(() => connection.closed || find() !== undefined, 60_000);
  return (JSON.parse(find()?.slice(prefix.length - 1) ?? '[{}]') as unknown[])[0];
}

/** The publications that a client has received, as the oracle writes them. */
function toldTo({ received }: WebSocketConnection): string[] {
  return received
    .filter((text) => text.startsWith('42["record",'))
    .map((text) => (JSON.parse(text.slice(2)) as [string, { id: number; data: { version: number } }])[1])
    .map(({ id, data }) => `${id}@${data.version}`);
}
