import { Controller, Get, Param, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { belongsTo, PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id') id: string) {
    return { id, name: 'ada' };
  }

  @Patch(':id')
  @PublishOnUpdate({ subscribe: true })
  rename(@Param('id') id: string) {
    return { id, name: 'grace' };
  }
}

@Controller('pets')
@Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
class PetsController {
  @Get('populated')
  @SubscribeOnRead({ relations: true })
  populated() {
    return [{ id: 7, owner: { id: 1 } }];
  }

  @Get()
  @SubscribeOnRead({ watch: true })
  all() {
    return [];
  }

  @Get('plain')
  plain() {
    return [];
  }
}

const app = () => start({ controllers: [UsersController, PetsController] });

describe('The answer to a read that subscribes', () => {
  it.each([
    ['one record', '/users/1', 'user'],
    ['an empty list that is watched', '/pets', 'pet'],
    ['records with others in them', '/pets/populated', 'pet, user'],
    ['nothing that subscribes', '/pets/plain', undefined],
  ])('names the resources over the socket, for %s', async (_what, url, expected) => {
    const client = await (await app()).connect();

    const { headers } = (await client.socket.emitWithAck('get', { url })) as { headers: Record<string, string> };

    expect(headers['realtime-resource']).toBe(expected);
  });

  it('names them over HTTP if the request names a socket, and only then', async () => {
    const application = await app();
    const client = await application.connect();

    const named = await application.request('GET', '/users/1', undefined, { 'x-socket-id': client.id });
    const unnamed = await application.request('GET', '/users/1');

    expect(named.headers.get('realtime-resource')).toBe('user');
    expect(unnamed.headers.get('realtime-resource')).toBeNull();
  });

  it('is a read: a change that subscribes cannot be repeated', async () => {
    const client = await (await app()).connect();

    const { headers } = (await client.socket.emitWithAck('patch', { url: '/users/1' })) as { headers: object };

    expect(headers).not.toHaveProperty('realtime-resource');
  });
});
