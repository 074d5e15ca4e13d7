import { expect, it } from 'vitest';
import type { TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { ask, connectAs, People, startWithPeople } from '../resources/answers/support/people.js';

/** All that a client has received as events, as text. */
const framesOf = ({ received }: TestClient): string => JSON.stringify(received);

/** Changes everything that can be changed, by every verb. */
async function change(admin: TestClient): Promise<void> {
  for (const id of [3, 4]) await ask(admin, 'post', '/people', { id, name: `new ${id}` });
  for (const id of [1, 2, 3, 4]) {
    await ask(admin, 'patch', `/people/${id}`, { name: `changed ${id}` });
    await ask(admin, 'post', `/people/${id}/promotions`);
  }
  await ask(admin, 'patch', '/people/1', { friends: [{ id: 2, name: 'bob', email: 'CANARY-email', salary: 1 }] });
}

const ways: Array<[string, (app: TestApplication, client: TestClient) => Promise<unknown>]> = [
  ['a list', (_, client) => ask(client, 'get', '/people')],
  ['an empty list', (app, client) => (app.get(People).all.clear(), ask(client, 'get', '/people'))],
  ['a record', (_, client) => ask(client, 'get', '/people/1')],
  [
    'a record twice',
    async (_, client) => [await ask(client, 'get', '/people/1'), await ask(client, 'get', '/people/1')],
  ],
  [
    'a list, a record, and the list again by code',
    async (app, client) => {
      for (const url of ['/people', '/people/2']) await ask(client, 'get', url);
      await app.channel('person').watch(client.id);
      await app.channel('person').subscribe(client.id, [1, 2, 3, 4]);
    },
  ],
  [
    'a record, after somebody else has read it who is shown more',
    async (app, client) => {
      await ask(await connectAs(app, 'boss:admin'), 'get', '/people');
      await ask(client, 'get', '/people/1');
    },
  ],
];

it.each(ways)('Nothing reaches a guest that is kept from guests: who reads %s', async (_what, read) => {
  const app = await startWithPeople();
  const [guest, admin] = [await connectAs(app, 'guest:user'), await connectAs(app, 'root:admin')];
  await read(app, guest);

  await change(admin);
  await app.settle();

  expect(guest.heard('person').length).toBeGreaterThan(0);
  expect(framesOf(guest)).not.toContain('CANARY');
  expect(framesOf(guest)).not.toContain('salary');
});
