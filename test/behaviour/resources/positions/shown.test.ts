import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { ask, connectAs, receivedOf, startWithPeople } from '../answers/support/people.js';
import { asRole, PASSWORD, SALARY, UsersController } from '../views/support/people.js';
import { askForMissing, comeBack, read, sinceOf } from './support/follow.js';

/** The messages of a resource, and the notes that came with them. */
const sentTo = (client: TestClient, resource: string): unknown[] =>
  client.received.filter(([event]) => event === resource).map(([, ...sent]) => sent);

describe('What is sent late', () => {
  it.each(['guest:user', 'boss:admin', 'ada:user'])(
    'of what a route has answered shows %s what it would have shown in time',
    async (token) => {
      const app = await startWithPeople();
      const admin = await connectAs(app, 'root:admin');
      const [inTime, late] = [await connectAs(app, token), await connectAs(app, token)];
      const before = await read(late, '/people/1');
      await read(inTime, '/people/1');
      const gone = late.socket.disconnect();
      expect(gone.connected).toBe(false);

      await ask(admin, 'patch', '/people/1', { salary: 2, email: 'CANARY-email' });
      await ask(admin, 'post', '/people/1/promotions');
      const back = await comeBack(app, late);
      await read(back, '/people/1', { 'realtime-since': sinceOf(before) });
      await app.settle();

      expect(receivedOf(back, 'person')).toHaveLength(2);
      expect(sentTo(back, 'person')).toEqual(sentTo(inTime, 'person'));
      if (token !== 'boss:admin') expect(JSON.stringify(sentTo(back, 'person'))).not.toContain('salary');
    },
  );

  it('to somebody who reads less now shows no more than that, whatever was shown before', async () => {
    const app = await startWithPeople();
    const [admin, boss] = [await connectAs(app, 'root:admin'), await connectAs(app, 'boss:admin')];
    const before = await read(boss, '/people/1');
    await ask(admin, 'patch', '/people/1', { salary: 2 });
    await app.settle();
    const back = await comeBack(app, boss);
    await read(back, '/people/1/name', { 'realtime-since': sinceOf(before) });
    await app.settle();

    expect(back.heard('person')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'ada' }, previous: { id: 1, name: 'before' } },
    ]);
  });

  it('to another user shows what that one may see, whoever has got the position', async () => {
    const app = await startWithPeople();
    const [admin, guest] = [await connectAs(app, 'root:admin'), await connectAs(app, 'guest:user')];
    const before = await read(admin, '/people/1');
    await app.request('PATCH', '/people/1', { salary: 2 }, { authorization: 'Bearer root:admin' });
    await app.settle();
    await read(guest, '/people/1', { 'realtime-since': sinceOf(before) });
    await askForMissing(guest, { since: sinceOf(before) });
    await app.settle();

    expect(guest.heard('person').length).toBeGreaterThan(0);
    expect(JSON.stringify(guest.received)).not.toMatch(/salary|CANARY/);
  });

  it('to an audience is in its view, and not in that of a richer one', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user as unknown })],
      controllers: [UsersController],
    });
    const clients = [await app.connect(asRole()), await app.connect(asRole('admin', 2))];
    const before = await Promise.all(clients.map((client) => read(client, '/users')));
    clients.forEach(({ socket }) => socket.disconnect());
    await app.request('POST', '/users', { name: 'grace' });
    await app.request('PATCH', '/users/5', { name: 'ada l.' });
    const [plain, admin] = await Promise.all(
      clients.map(async (client, index) => {
        const back = await comeBack(app, client);
        await read(back, '/users', { 'realtime-since': sinceOf(before[index]) });
        return back;
      }),
    );
    await app.settle();

    expect(plain.heard('user')).toHaveLength(2);
    expect(JSON.stringify(plain.received)).not.toContain(SALARY);
    expect(admin.heard('user')).toHaveLength(2);
    expect(JSON.stringify(admin.heard('user'))).toContain(SALARY);
    expect(JSON.stringify([plain.received, admin.received])).not.toContain(PASSWORD);
  });
});
