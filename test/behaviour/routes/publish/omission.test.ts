import { Controller, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  InvalidOptionsError,
  InvalidPublisherError,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  type Omission,
  type SocketsModuleOptions,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { expectRefusal } from '../../../support/refusal.js';
import { ask, cards, watching } from './support/cards.js';

type Name = 'tab' | 'other tab' | 'bob' | 'nobody';

/** Two tabs of Ada's, one of Bob's, and somebody whom nobody knows; and who of them heard of a card. */
async function people(options?: SocketsModuleOptions) {
  const app = await start(cards(options));
  const clients: Record<Name, TestClient> = {
    tab: await watching(app, 'ada'),
    'other tab': await watching(app, 'ada'),
    bob: await watching(app, 'bob'),
    nobody: await watching(app),
  };
  const deaf = async (): Promise<string[]> => {
    await app.settle();
    return Object.entries(clients).flatMap(([name, client]) => (client.heard('card').length === 0 ? [name] : []));
  };
  return { app, clients, deaf };
}

describe('Who does not hear of its own change', () => {
  it.each<[said: string, options: SocketsModuleOptions, method: string, url: string, deaf: Name[]]>([
    ['nothing is said', {}, 'patch', '/cards/1', ['tab']],
    ['the module says socket', { omit: 'socket' }, 'patch', '/cards/1', ['tab']],
    ['the module says user', { omit: 'user' }, 'patch', '/cards/1', ['tab', 'other tab']],
    ['the decorator says user', {}, 'put', '/cards/1/user', ['tab', 'other tab']],
    ['the decorator says socket, and the module user', { omit: 'user' }, 'put', '/cards/1/socket', ['tab']],
    ['the decorator says mirror, and the module user', { omit: 'user' }, 'put', '/cards/1/mirror', []],
  ])('where %s, over the socket', async (_, options, method, url, expected) => {
    const { clients, deaf } = await people(options);

    await ask(clients.tab, method, url);

    expect(await deaf()).toEqual(expected);
  });

  it.each<[caller: string, url: string, headers: (tab: TestClient) => Record<string, string>, deaf: Name[]]>([
    ['of a user, who names no socket', '/cards/1/user', () => ({ 'x-user': 'ada' }), ['tab', 'other tab']],
    [
      'of a user, who names his socket',
      '/cards/1/user',
      ({ id }) => ({ 'x-user': 'ada', 'x-socket-id': id }),
      ['tab', 'other tab'],
    ],
    ['of a user, who hears himself', '/cards/1/mirror', () => ({ 'x-user': 'ada' }), []],
    ['of a user, where the socket is omitted and none named', '/cards/1/socket', () => ({ 'x-user': 'ada' }), []],
    ['of a user who is not connected', '/cards/1/user', () => ({ 'x-user': 'eve' }), []],
    ['of nobody', '/cards/1/user', () => ({}), []],
  ])('by a request over HTTP %s', async (_, url, headers, expected) => {
    const { app, clients, deaf } = await people();

    await app.request('PUT', url, {}, headers(clients.tab));

    expect(await deaf()).toEqual(expected);
  });

  it('is not a whole user, where a request of nobody names a socket of his', async () => {
    const { app, clients, deaf } = await people();

    await app.request('PUT', '/cards/1/user', {}, { 'x-socket-id': clients.tab.id });

    expect(await deaf()).not.toContain('other tab');
  });

  it('is the socket alone where it has no user', async () => {
    const { clients, deaf } = await people({ omit: 'user' });

    await ask(clients.nobody, 'patch', '/cards/1');

    expect(await deaf()).toEqual(['nobody']);
  });

  it('is found by what a middleware knows of the caller, too', async () => {
    const app = await start({
      ...cards({ omit: 'user' }),
      main: (nest) =>
        nest.use((request: { user?: unknown }, _: unknown, next: () => void) => {
          request.user = { id: 'ada' };
          next();
        }),
    });
    const [ada, bob] = [await watching(app, 'ada'), await watching(app, 'bob')];

    await app.request('PATCH', '/cards/1', {});
    await app.settle();

    expect([ada.heard('card').length, bob.heard('card').length]).toEqual([0, 1]);
  });

  it('does not hear of what follows for the other side of relations either', async () => {
    const { app, clients } = await people({ omit: 'user' });

    await ask(clients.tab, 'post', '/cards', {}, { id: 1, boardId: 7 });
    await app.settle();

    const heard = Object.entries(clients).map(([name, client]) => [name, client.heard('board').length]);
    expect(Object.fromEntries(heard)).toEqual({ tab: 0, 'other tab': 0, bob: 1, nobody: 1 });
  });

  it('is the socket alone where it fails to be found out whose request it was, and the others hear of it', async () => {
    const userId = (user: unknown): string => {
      const { id } = user as { id: string };
      if (id === 'broken') throw new Error('of userId');
      return id;
    };
    const { clients, deaf } = await people({ omit: 'user', userId });

    await ask(clients.tab, 'patch', '/cards/1', { 'x-user': 'broken' });

    expect(await deaf()).toContain('tab');
    expect(await deaf()).not.toContain('bob');
  });
});

describe('An omission that cannot be meant is refused at boot', () => {
  it('in the options of the module', async () => {
    const omit = 'everybody' as Omission;
    const boot = start({ imports: [SocketsModule.forRoot({ omit })] });
    await expectRefusal(boot, InvalidOptionsError, 'INVALID_OPTIONS', /"omit" must be 'socket' or 'user'/);
  });

  it('in a decorator', async () => {
    @Controller('cards')
    @Resourceful('card')
    class WrongController {
      @Patch(':id')
      @PublishOnUpdate({ omit: true as never })
      update() {
        return {};
      }
    }
    await expectRefusal(
      start({ controllers: [WrongController] }),
      InvalidPublisherError,
      'INVALID_PUBLISHER',
      /WrongController\.update\(\).*"omit" must be 'socket' or 'user'/s,
    );
  });

  it('in a decorator that mirrors', async () => {
    @Controller('cards')
    @Resourceful('card')
    class BothController {
      @Post(':id')
      @PublishOnUpdate({ omit: 'user', mirror: true })
      update() {
        return {};
      }
    }
    await expectRefusal(
      start({ controllers: [BothController] }),
      InvalidPublisherError,
      'INVALID_PUBLISHER',
      /BothController\.update\(\).*"mirror" tells everybody.*Keep one of them/s,
    );
  });
});
