import { Controller, Get, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import type { TestClient } from '../../../support/client.js';
import { eventually } from '../../../support/eventually.js';
import { ask, connectAs, receivedOf, startWithPeople } from './support/people.js';

async function reauthenticate(client: TestClient, token: string): Promise<void> {
  const answer = (await client.socket.emitWithAck('reauthenticate', { token })) as { statusCode: number };
  expect(answer.statusCode).toBe(204);
}

describe('A socket that authenticates again', () => {
  it('with less is sent ids until it reads again, and then what it is shown now', async () => {
    const app = await startWithPeople();
    const [boss, admin] = [await connectAs(app, 'boss:admin'), await connectAs(app, 'root:admin')];
    await ask(boss, 'get', '/people/1');

    await reauthenticate(boss, 'boss:user');
    await ask(admin, 'patch', '/people/1', { name: 'a' });
    await app.settle();
    await ask(boss, 'get', '/people/1');
    await ask(admin, 'patch', '/people/1', { name: 'b' });
    await app.settle();

    expect(receivedOf(boss, 'person')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1 }, more: true },
      { verb: 'updated', id: 1, data: { id: 1, name: 'b' }, previous: { id: 1, name: 'before' }, more: true },
    ]);
  });

  it('while a read is under way is not sent what that one shows', async () => {
    let answer: (() => void) | undefined;
    @Controller('letters')
    @Resourceful('letter')
    class LettersController {
      @Get(':id')
      @SubscribeOnRead()
      async one(@Param('id', ParseIntPipe) id: number) {
        await new Promise<void>((resolve) => (answer = resolve));
        return { id, text: 'CANARY-text' };
      }

      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number) {
        return { id, text: 'CANARY-changed' };
      }
    }
    const app = await startWithPeople({ controllers: [LettersController] });
    const [boss, admin] = [await connectAs(app, 'boss:admin'), await connectAs(app, 'root:admin')];

    const read = ask(boss, 'get', '/letters/1');
    await eventually(() => expect(answer).toBeDefined());
    await reauthenticate(boss, 'boss:user');
    answer?.();
    await read;
    await ask(admin, 'patch', '/letters/1');
    await app.settle();

    expect(receivedOf(boss, 'letter')).toEqual([{ verb: 'updated', id: 1, data: { id: 1 }, more: true }]);
  });

  it('with less is sent what it is shown now once the server has repeated its read', async () => {
    @Controller('letters')
    @Resourceful('letter')
    class LettersController {
      @Get(':id')
      @SubscribeOnRead({ recheck: true })
      one(@Param('id', ParseIntPipe) id: number) {
        return { id, text: 'a letter' };
      }

      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number) {
        return { id, text: 'another' };
      }
    }
    const app = await startWithPeople({ controllers: [LettersController] });
    const [boss, admin] = [await connectAs(app, 'boss:admin'), await connectAs(app, 'root:admin')];
    await ask(boss, 'get', '/letters/1');

    await reauthenticate(boss, 'boss:user');
    const lastAfterChange = async (): Promise<unknown> => {
      await ask(admin, 'patch', '/letters/1');
      await app.settle();
      return receivedOf(boss, 'letter').at(-1);
    };
    await expect.poll(lastAfterChange).toEqual({ verb: 'updated', id: 1, data: { id: 1, text: 'another' } });
  });

  it('as it was is sent what it was sent before', async () => {
    const app = await startWithPeople();
    const [boss, admin] = [await connectAs(app, 'boss:admin'), await connectAs(app, 'root:admin')];
    await ask(boss, 'get', '/people/2');

    await reauthenticate(boss, 'boss:admin');
    await ask(admin, 'post', '/people/2/promotions');
    await app.settle();

    const data = { id: 2, name: 'bob', email: 'CANARY-email', salary: 1900 };
    expect(receivedOf(boss, 'person')).toEqual([{ verb: 'promoted', id: 2, data }]);
  });
});

describe('A socket that leaves', () => {
  it('and is subscribed by code is still not sent what its reads have kept back', async () => {
    const app = await startWithPeople();
    const [guest, screen, admin] = [
      await connectAs(app, 'guest:user'),
      await connectAs(app, 'screen:user'),
      await connectAs(app, 'root:admin'),
    ];
    await ask(guest, 'get', '/people/2');
    await guest.socket.emitWithAck('sockets:unsubscribe', { resource: 'person' });
    await app.channel('person').subscribe([guest.id, screen.id], 2);

    await ask(admin, 'post', '/people/2/promotions');
    await app.settle();

    const known = { id: 2, name: 'bob' };
    expect(receivedOf(guest, 'person')).toEqual([{ verb: 'promoted', id: 2, data: known, more: true }]);
    // Nobody has read any longer, so nothing says what may be shown to others.
    const data = { ...known, email: 'CANARY-email', salary: 1900 };
    expect(receivedOf(screen, 'person')).toEqual([{ verb: 'promoted', id: 2, data }]);
  });
});
