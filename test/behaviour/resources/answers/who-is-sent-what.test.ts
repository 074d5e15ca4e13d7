import { describe, expect, it } from 'vitest';
import { Logs } from '../../../support/logs.js';
import { ask, connectAs, People, receivedOf, startWithPeople } from './support/people.js';

describe('What a route answers to its writer', () => {
  it('is sent to others as far as their own reads have shown it, and the note says that there is more', async () => {
    const app = await startWithPeople();
    const [guest, boss, admin] = [
      await connectAs(app, 'guest:user'),
      await connectAs(app, 'boss:admin'),
      await connectAs(app, 'root:admin'),
    ];
    for (const client of [guest, boss]) await ask(client, 'get', '/people/1');

    await ask(admin, 'patch', '/people/1', { name: 'ada l.' });
    await app.settle();

    const [id, verb] = [1, 'updated'];
    expect(receivedOf(guest, 'person')).toEqual([
      { verb, id, data: { id, name: 'ada l.' }, previous: { id, name: 'before' }, more: true },
    ]);
    expect(receivedOf(boss, 'person')).toEqual([
      {
        verb,
        id,
        data: { id, name: 'ada l.', email: 'CANARY-email', salary: 1815 },
        previous: { id, name: 'before', salary: 7 },
      },
    ]);
  });

  it('is sent to watchers as far as all records of their list show it', async () => {
    const app = await startWithPeople();
    const [ada, guest, admin] = [
      await connectAs(app, 'ada:user'),
      await connectAs(app, 'guest:user'),
      await connectAs(app, 'root:admin'),
    ];
    // One of the records is her own, which shows more to her.
    for (const client of [ada, guest]) await ask(client, 'get', '/people');

    await ask(admin, 'post', '/people', { id: 3, name: 'cyd' });
    await ask(admin, 'patch', '/people/1', { email: 'new' });
    await app.settle();

    const created = { verb: 'created', id: 3, data: { id: 3, name: 'cyd' }, more: true };
    const updated = { verb: 'updated', id: 1, previous: { id: 1, name: 'before' }, more: true };
    expect(receivedOf(guest, 'person')).toEqual([created, { ...updated, data: { id: 1, name: 'ada' } }]);
    expect(receivedOf(ada, 'person')).toEqual([created, { ...updated, data: { id: 1, name: 'ada', email: 'new' } }]);
  });

  it.each(['promoted', 'destroyed'])('is sent no further with the verb "%s"', async (verb) => {
    const app = await startWithPeople();
    const [guest, admin] = [await connectAs(app, 'guest:user'), await connectAs(app, 'root:admin')];
    await ask(guest, 'get', '/people/1');

    if (verb === 'promoted') await ask(admin, 'post', '/people/1/promotions');
    else await ask(admin, 'delete', '/people/1');
    await app.settle();

    const known = { id: 1, name: 'ada' };
    expect(receivedOf(guest, 'person')).toEqual([
      verb === 'promoted' ? { verb, id: 1, data: known, more: true } : { verb, id: 1 },
    ]);
  });

  it('is sent as the id alone to whoever has read an empty list, until a read shows more', async () => {
    const app = await startWithPeople();
    app.get(People).all.clear();
    const [guest, admin] = [await connectAs(app, 'guest:user'), await connectAs(app, 'root:admin')];
    await ask(guest, 'get', '/people');

    await ask(admin, 'post', '/people', { id: 3, name: 'cyd' });
    await app.settle();
    await ask(guest, 'get', '/people');
    await ask(admin, 'post', '/people', { id: 4, name: 'dan' });
    await app.settle();

    expect(receivedOf(guest, 'person')).toEqual([
      { verb: 'created', id: 3, data: { id: 3 }, more: true },
      { verb: 'created', id: 4, data: { id: 4, name: 'dan' }, more: true },
    ]);
  });

  it('is sent to the reader of an empty list as the same read by the same caller has shown it', async () => {
    const app = await startWithPeople();
    const [tab, later, stranger, admin] = [
      await connectAs(app, 'guest:user'),
      await connectAs(app, 'guest:user'),
      await connectAs(app, 'stranger:user'),
      await connectAs(app, 'root:admin'),
    ];
    await ask(tab, 'get', '/people');
    app.get(People).all.clear();
    for (const client of [later, stranger]) await ask(client, 'get', '/people');

    await ask(admin, 'post', '/people', { id: 3, name: 'cyd' });
    await app.settle();

    expect(receivedOf(later, 'person')).toEqual([{ verb: 'created', id: 3, data: { id: 3, name: 'cyd' }, more: true }]);
    expect(receivedOf(stranger, 'person')).toEqual([{ verb: 'created', id: 3, data: { id: 3 }, more: true }]);
  });

  it('is sent whole to the other sockets of its writer', async () => {
    const app = await startWithPeople();
    const [tab, other] = [await connectAs(app, 'ada:user'), await connectAs(app, 'ada:user')];
    app.get(People).all.delete(2);
    await ask(other, 'get', '/people/1/name');

    await ask(tab, 'patch', '/people/1', { name: 'ada' });
    await app.settle();

    const data = { id: 1, name: 'ada', email: 'CANARY-email' };
    expect(receivedOf(other, 'person')).toEqual([
      { verb: 'updated', id: 1, data, previous: { id: 1, name: 'before' } },
    ]);
  });

  it('names in the log, once, what was left out, the route that published it, and the ways to allow it', async () => {
    const logs = new Logs();
    const app = await startWithPeople({ main: logs.open });
    const [guest, admin] = [await connectAs(app, 'guest:user'), await connectAs(app, 'root:admin')];
    await ask(guest, 'get', '/people/1');

    for (const name of ['a', 'b']) await ask(admin, 'patch', '/people/1', { name });
    await app.settle();

    const { warnings } = logs.naming('PeopleController.update()');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('email, salary');
    expect(warnings[0]).toContain("@Resourceful('person', { view: … })");
    expect(warnings[0]).toContain('the read that subscribes');
  });

  it('is logged of no more fields than a person would read, where callers choose their names', async () => {
    const logs = new Logs();
    const app = await startWithPeople({ main: logs.open });
    const [guest, admin] = [await connectAs(app, 'guest:user'), await connectAs(app, 'root:admin')];
    await ask(guest, 'get', '/people/1');

    for (const start of [0, 60, 120, 180]) {
      const fields = Array.from({ length: 60 }, (_, index) => [`chosen-${start + index}`, 1]);
      await ask(admin, 'patch', '/people/1', Object.fromEntries(fields));
    }
    await app.settle();

    const logged = logs
      .naming('PeopleController.update()')
      .warnings.join()
      .match(/chosen-\d+/g);
    expect(logged?.length).toBeLessThanOrEqual(100);
  });
});

describe('What a read has kept back', () => {
  it('is not sent because another read of the same socket has shown it', async () => {
    const app = await startWithPeople();
    const [ada, admin] = [await connectAs(app, 'ada:user'), await connectAs(app, 'root:admin')];
    await ask(ada, 'get', '/people/1');
    // From now on her own address is hidden from her.
    app.get(People).save({ id: 1, name: 'countess' });
    await ask(ada, 'get', '/people');

    await ask(admin, 'patch', '/people/1', { email: 'CANARY-changed' });
    await app.settle();

    expect(receivedOf(ada, 'person')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'countess' }, previous: { id: 1, name: 'before' }, more: true },
    ]);
  });
});

describe('Sockets that code has subscribed', () => {
  it('are sent the whole answer while no read says what may be shown, and the log says so', async () => {
    const logs = new Logs();
    const app = await startWithPeople({ main: logs.open });
    const [screen, admin] = [await connectAs(app, 'screen:user'), await connectAs(app, 'root:admin')];
    await app.channel('person').watch(screen.id);

    await ask(admin, 'post', '/people', { id: 3, name: 'cyd' });
    await app.settle();

    const data = { id: 3, name: 'cyd', email: 'CANARY-email', salary: 1 };
    expect(receivedOf(screen, 'person')).toEqual([{ verb: 'created', id: 3, data }]);
    expect(logs.naming('that code has subscribed to "person"').warnings).toHaveLength(1);
  });

  it('are sent what all readers have been shown, as soon as there are readers, and the log says so', async () => {
    const logs = new Logs();
    const app = await startWithPeople({ main: logs.open });
    const [screen, guest, boss, admin] = [
      await connectAs(app, 'screen:user'),
      await connectAs(app, 'guest:user'),
      await connectAs(app, 'boss:admin'),
      await connectAs(app, 'root:admin'),
    ];
    await app.channel('person').watch(screen.id);
    for (const client of [guest, boss]) await ask(client, 'get', '/people/2');

    await ask(admin, 'patch', '/people/1', { name: 'ada l.' });
    await app.settle();

    expect(receivedOf(screen, 'person')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'ada l.' }, previous: { id: 1, name: 'before' }, more: true },
    ]);
    expect(logs.naming('that code has subscribed to "person"').warnings).toHaveLength(1);
  });

  it('are sent, like everybody, what code publishes as it says', async () => {
    const app = await startWithPeople();
    const [screen, guest] = [await connectAs(app, 'screen:user'), await connectAs(app, 'guest:user')];
    await ask(guest, 'get', '/people/1');
    await app.channel('person').watch(screen.id);

    await app.channel('person').publishUpdate(1, { mood: 'fine' });
    await app.settle();

    for (const client of [screen, guest]) {
      expect(receivedOf(client, 'person')).toEqual([{ verb: 'updated', id: 1, data: { mood: 'fine' } }]);
    }
  });
});
