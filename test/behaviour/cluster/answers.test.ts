import { describe, expect, it } from 'vitest';
import { withCluster } from '../../support/cluster.js';
import { ask, people, receivedOf, Roles } from '../resources/answers/support/people.js';

const startCluster = withCluster();
const { imports: _, ...application } = people;
const options = { ...application, sockets: { authenticate: Roles } };

describe('What a route of one server answers', () => {
  it('is sent to sockets of the other as far as reads there have shown it', async (context) => {
    const cluster = await startCluster(context, options);
    const { a, b } = cluster;
    const as = (token: string) => ({ auth: { token } });
    const [guest, boss, tab] = [
      await cluster.connect(b, as('guest:user')),
      await cluster.connect(b, as('boss:admin')),
      await cluster.connect(b, as('root:admin')),
    ];
    const admin = await cluster.connect(a, as('root:admin'));
    for (const client of [guest, boss]) await ask(client, 'get', '/people/1');
    await ask(tab, 'get', '/people/1/name');

    // This server has seen no read.
    await ask(admin, 'patch', '/people/1', { name: 'ada l.' });
    await cluster.settle();

    const shown = { id: 1, name: 'ada l.', email: 'CANARY-email', salary: 1815 };
    const whole = { verb: 'updated', id: 1, data: shown, previous: { id: 1, name: 'before', salary: 7 } };
    expect(receivedOf(guest, 'person')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'ada l.' }, previous: { id: 1, name: 'before' }, more: true },
    ]);
    expect(receivedOf(boss, 'person')).toEqual([whole]);
    expect(receivedOf(tab, 'person')).toEqual([whole]);
  });

  it('is sent as far as a read has shown it that another server has answered for the socket', async (context) => {
    const cluster = await startCluster(context, options);
    const { a, b } = cluster;
    const guest = await cluster.connect(b, { auth: { token: 'guest:user' } });
    const admin = await cluster.connect(a, { auth: { token: 'root:admin' } });

    await a.request('GET', '/people/1', undefined, {
      authorization: 'Bearer guest:user',
      'x-socket-id': guest.id,
    });
    await ask(admin, 'patch', '/people/1', { name: 'ada l.' });
    await guest.next('person');

    expect(receivedOf(guest, 'person')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'ada l.' }, previous: { id: 1, name: 'before' }, more: true },
    ]);
  });

  it('keeps its place among what code publishes', async (context) => {
    const cluster = await startCluster(context, options);
    const { a, b } = cluster;
    const auth = { token: 'guest:user' };
    const [here, guest] = [await cluster.connect(a, { auth }), await cluster.connect(b, { auth })];
    const admin = await cluster.connect(a, { auth: { token: 'root:admin' } });
    for (const client of [here, guest]) await ask(client, 'get', '/people/1');

    for (const mood of [1, 2, 3]) {
      await ask(admin, 'patch', '/people/1', { name: `${mood}` });
      await here.next<{ data: { name?: string } }>('person', ({ data }) => data.name === `${mood}`);
      await a.channel('person').publishUpdate(1, { mood });
    }
    await cluster.settle();

    const heard = guest.heard('person').map((message) => (message as { data: object }).data);
    expect(heard).toEqual([1, 2, 3].flatMap((mood) => [{ id: 1, name: `${mood}` }, { mood }]));
  });
});
