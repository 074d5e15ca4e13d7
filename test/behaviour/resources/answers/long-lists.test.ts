import { Body, Controller, Get, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  type AuthenticateFunction,
  PublishOnUpdate,
  Resourceful,
  type ResourceOptions,
  SocketsModule,
  SocketUser,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { ask } from './support/people.js';

interface User {
  isAdmin: boolean;
}

/** Shows what it says by itself. */
class Owner {
  readonly name = 'ada';

  constructor(readonly email: string | undefined) {}

  toJSON(): object {
    const { name } = this;
    return { name };
  }
}

const byTicket: AuthenticateFunction = ({ auth }) => auth.user as User;

/** Reads twice, since it is known from the first time on which fields records have. */
async function startWithReaders(options: ResourceOptions): Promise<{ member: TestClient; admin: TestClient }> {
  @Controller('cards')
  @Resourceful('card', { idType: 'number', ...options })
  class CardsController {
    @Get()
    @SubscribeOnRead()
    find(@SocketUser() { isAdmin }: User) {
      return Array.from({ length: 30 }, (_, id) => ({
        ...{ id, title: 'old', note: isAdmin ? 'CANARY' : undefined },
        owner: isAdmin ? { name: 'ada', email: 'CANARY' } : new Owner('CANARY'),
      }));
    }

    @Patch(':id')
    @PublishOnUpdate()
    update(@Param('id', ParseIntPipe) id: number, @Body() changes: object) {
      return { id, note: 'CANARY', owner: { name: 'ada', email: 'CANARY' }, ...changes };
    }
  }
  const app = await start({
    imports: [SocketsModule.forRoot({ authenticate: byTicket })],
    controllers: [CardsController],
  });
  const connect = (isAdmin: boolean): Promise<TestClient> => app.connect({ auth: { user: { id: isAdmin, isAdmin } } });
  const [member, admin, writer] = [await connect(false), await connect(true), await connect(true)];
  for (const reader of [member, member, admin]) await ask(reader, 'get', '/cards');
  await ask(writer, 'patch', '/cards/5', { title: 'new' });
  await Promise.all([member.next('card'), admin.next('card')]);
  return { member, admin };
}

const dataOf = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data: unknown }).data);

describe('A change of a record of a long list, where users are known', () => {
  it('shows each reader only what the list has shown to it', async () => {
    const { member, admin } = await startWithReaders({});

    expect(dataOf(member)).toEqual([{ id: 5, title: 'new', owner: { name: 'ada' } }]);
    expect(dataOf(admin)).toEqual([{ id: 5, title: 'new', note: 'CANARY', owner: { name: 'ada', email: 'CANARY' } }]);
  });

  it('shows every reader what the view shows, if there is one', async () => {
    const { member, admin } = await startWithReaders({
      view: ({ id, note }: { id: number; note: string }) => ({ id, note }),
    });

    for (const reader of [member, admin]) expect(dataOf(reader)).toEqual([{ id: 5, note: 'CANARY' }]);
  });
});
