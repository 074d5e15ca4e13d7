import { describe, expect, it } from 'vitest';
import { InvalidEmitOptionsError } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
import { ask, cards, mutationsHeard, watching, type Card } from './support/cards.js';

describe('A change that its caller names by Mutation-Id', () => {
  it('is named in the delivery note of every message that follows from it, over HTTP', async () => {
    const app = await start(cards());
    const watcher = await watching(app);

    await app.request('POST', '/cards', { id: 1, boardId: 7 }, { 'Mutation-Id': 'm-1' });
    await app.request('PATCH', '/cards/1', { title: 'later' });
    await app.settle();

    expect(mutationsHeard(watcher)).toEqual([
      ['board', 'm-1'],
      ['card', 'm-1'],
      ['card', undefined],
    ]);
  });

  it('is named there over the socket', async () => {
    const app = await start(cards());
    const [actor, watcher] = [await watching(app), await watching(app)];

    await ask(actor, 'post', '/cards', { 'mutation-id': 'm-1' }, { id: 1, boardId: 7 });
    await ask(actor, 'patch', '/cards/1');
    await app.settle();

    expect(mutationsHeard(watcher)).toEqual([
      ['board', 'm-1'],
      ['card', 'm-1'],
      ['card', undefined],
    ]);
  });

  it.each(['with space', 'é', 'x'.repeat(129)])('has no name where that cannot be one, over HTTP: %j', async (name) => {
    const app = await start(cards());
    const actor = await watching(app);

    const headers = { 'mutation-id': name, 'x-socket-id': actor.id };
    const answer = await app.request('PUT', '/cards/1/mirror', {}, headers);
    await app.settle();

    expect([answer.status, answer.headers.get('mutation-id')]).toEqual([200, null]);
    expect(mutationsHeard(actor)).toEqual([['card', undefined]]);
    expect(actor.heard('sockets:mutated')).toEqual([]);
  });

  it.each(['', 'with space', 'é', 'x'.repeat(129)])('nor over the socket: %j', async (name) => {
    const app = await start(cards());
    const actor = await watching(app);

    const { statusCode, headers } = await ask(actor, 'put', '/cards/1/mirror', { 'mutation-id': name });
    await app.settle();

    expect([statusCode, headers['mutation-id']]).toEqual([200, undefined]);
    expect(mutationsHeard(actor)).toEqual([['card', undefined]]);
    expect(actor.heard('sockets:mutated')).toEqual([]);
  });

  it('may have any name of visible characters, 128 of them at the most', async () => {
    const app = await start(cards());
    const watcher = await watching(app);
    const names = ['!', '~', '0/a:b,"c"', 'x'.repeat(128)];

    for (const name of names) await app.request('PATCH', '/cards/1', {}, { 'mutation-id': name });
    await app.settle();

    expect(mutationsHeard(watcher)).toEqual(names.map((name) => ['card', name]));
  });

  it('is named where a handler publishes from code, unless that says another name', async () => {
    const app = await start(cards());
    const actor = await watching(app);

    await ask(actor, 'put', '/cards/1/code', { 'mutation-id': 'm-1' });
    await ask(actor, 'put', '/cards/1/code', { 'mutation-id': 'm-2' }, { mutation: 'other' });
    await ask(actor, 'put', '/cards/1/code');
    await app.channel<Card>('card').publishUpdate(1, {}, { mutation: 'nightly' });
    await app.channel<Card>('card').publishUpdate(1, {});
    await app.settle();

    const names = ['m-1', 'other', undefined, 'nightly', undefined];
    expect(mutationsHeard(actor)).toEqual(names.map((name) => ['card', name]));
  });

  it('is named where a record leaves one slice for another', async () => {
    const resources = { task: { slices: ['boardId'] } };
    const app = await start(cards({ resources }));
    const tasks = app.channel<{ id: number; boardId: number }>('task');
    const [before, after] = [await app.connect(), await app.connect()];
    await app.sockets.join(before.id, 'resource:task@boardId=7', { trusted: true });
    await app.sockets.join(after.id, 'resource:task@boardId=8', { trusted: true });

    await tasks.publishUpdate(1, { boardId: 8 }, { previous: { id: 1, boardId: 7 }, mutation: 'm-1' });

    for (const [client, verb] of [
      [before, 'left'],
      [after, 'entered'],
    ] as const) {
      expect(await client.next('task')).toMatchObject([{ verb, id: 1 }, { mutation: 'm-1' }]);
    }
  });

  it('cannot be named from code by what is not a name', async () => {
    const app = await start(cards());
    const channel = app.channel<Card>('card');

    for (const mutation of ['', 'with space', 'x'.repeat(129), 5 as never]) {
      await expectRefusal(
        channel.publishUpdate(1, {}, { mutation }),
        InvalidEmitOptionsError,
        'INVALID_EMIT_OPTIONS',
        /card\.publishUpdate.*"mutation".*must be a string of 1 to 128 visible ASCII characters/s,
      );
    }
  });
});

describe('The answer to a change that is named', () => {
  it('says by header, to a socket that hears of its own change, that sockets:mutated follows messages', async () => {
    const app = await start(cards());
    const [actor, watcher] = [await watching(app), await watching(app)];

    const { headers } = await ask(actor, 'put', '/cards/1/mirror', { 'mutation-id': 'm-1' });
    await actor.next('sockets:mutated');
    await app.settle();

    expect(headers['mutation-id']).toBe('m-1');
    expect(actor.received.map(([event]) => event)).toEqual(['card', 'sockets:mutated', 'marker']);
    expect(actor.heard('sockets:mutated')).toEqual([{ mutation: 'm-1' }]);
    expect(watcher.heard('sockets:mutated')).toEqual([]);
  });

  it('says so to a caller over HTTP too, if he names his socket', async () => {
    const app = await start(cards());
    const actor = await watching(app);

    const headers = { 'mutation-id': 'm-1', 'x-socket-id': actor.id };
    const answer = await app.request('PUT', '/cards/1/mirror', {}, headers);
    await actor.next('sockets:mutated');

    expect(answer.headers.get('mutation-id')).toBe('m-1');
    expect(actor.received.map(([event]) => event)).toEqual(['card', 'sockets:mutated']);
  });

  it.each(['nothing', 'unpublishable'])(
    'says so also where there turns out to be nothing to publish: %s',
    async (way) => {
      const app = await start(cards());
      const actor = await watching(app);

      const { headers } = await ask(actor, 'put', `/cards/1/${way}`, { 'mutation-id': 'm-1' });
      await actor.next('sockets:mutated');

      expect(headers['mutation-id']).toBe('m-1');
      expect(actor.heard('card')).toEqual([]);
    },
  );

  it.each([
    ['omits the socket', 'put', '/cards/1/socket', 200],
    ['omits its user', 'put', '/cards/1/user', 200],
    ['publishes nothing', 'put', '/cards/1/silent', 200],
    ['fails', 'put', '/cards/1/failing', 400],
    ['refuses', 'put', '/cards/1/refused', 409],
    ['does not exist', 'put', '/cards/1/absent', 404],
  ])('does not say so where the route %s, and nothing follows', async (_, method, url, status) => {
    const app = await start(cards());
    const actor = await watching(app, 'ada');

    const { statusCode, headers } = await ask(actor, method, url, { 'mutation-id': 'm-1' });
    await app.settle();

    expect([statusCode, headers['mutation-id']]).toEqual([status, undefined]);
    expect(actor.heard('sockets:mutated')).toEqual([]);
  });

  it('does not say so to a change without a name, nor to a caller without a socket', async () => {
    const app = await start(cards());
    const actor = await watching(app);

    const nameless = await ask(actor, 'put', '/cards/1/mirror');
    const socketless = await app.request('PUT', '/cards/1/mirror', {}, { 'mutation-id': 'm-1' });
    await app.settle();

    expect([nameless.headers['mutation-id'], socketless.headers.get('mutation-id')]).toEqual([undefined, null]);
    expect(actor.received.map(([event]) => event)).toEqual(['card', 'card', 'marker']);
  });
});
