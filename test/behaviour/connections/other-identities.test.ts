import { Controller, Get, Param } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  Resourceful,
  SocketsModule,
  SocketUser,
  SubscribeOnRead,
  type AuthenticateFunction,
} from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { refusalOf } from './support/refused.js';

const USERS: Record<string, object> = { 'token of ada': { id: 'ada' }, 'token of bob': { id: 'bob' } };

/**
 * Reads its token as a careless application does: what is not a JWT makes it throw, and not everything that it throws
 * is an error.
 */
const carelessly: AuthenticateFunction = ({ auth }) => {
  const token = auth.token as string;
  const [header, payload] = token
    .split('.')
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
  const { alg } = header as { alg?: string };
  // oxlint-disable-next-line typescript/only-throw-error
  if (alg !== 'HS256') throw 'The algorithm is none.';
  const { nbf } = payload as { nbf: number };
  return nbf * 1_000 > Date.now() ? undefined : payload;
};

const jwt = (header: object, payload: object): string =>
  [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

@Controller('notes')
@Resourceful('note')
class NotesController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id') id: string): object {
    return { id };
  }
}

@WebSocketGateway()
class WhoGateway {
  @SubscribeMessage('who')
  who(@SocketUser() user: unknown, @ConnectedSocket() socket: Socket): object {
    return { user, rooms: [...socket.rooms].filter((room) => room !== socket.id) };
  }
}

describe('Identities that are not one’s own', () => {
  const startWith = (authenticate: AuthenticateFunction): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate })],
      controllers: [NotesController],
      providers: [WhoGateway],
    });

  it('row 44: who connects again with somebody else’s token begins anew, with nothing of the one before', async () => {
    const app = await startWith(({ auth }) => USERS[String(auth.token)]);
    const client = await app.connect({ auth: { token: 'token of ada' } });
    await client.socket.emitWithAck('get', { url: '/notes/1' });
    const { id } = client;

    client.socket.disconnect();
    client.socket.auth = { token: 'token of bob' };
    const connected = new Promise<void>((resolve) => client.socket.once('connect', resolve));
    client.socket.connect();
    await connected;
    await app.channel('note').publishUpdate('1', { text: 'secret' });
    await app.settle();

    expect(client.id).not.toBe(id);
    expect(await client.socket.emitWithAck('who', {})).toEqual({ user: { id: 'bob' }, rooms: ['sockets:user/bob'] });
    expect(client.heard('note')).toEqual([]);
  });

  it('row 45: the ids of another connection are of no use on connecting', async () => {
    const app = await startWith(({ auth }) => USERS[String(auth.token)]);
    const ada = await app.connect({ auth: { token: 'token of ada' } });
    await ada.socket.emitWithAck('get', { url: '/notes/1' });
    const stolen = { pid: ada.id, offset: 'x', sid: ada.id, id: ada.id };

    expect(await refusalOf(app.connect({ auth: stolen, query: { sid: '' } }))).toMatchObject({
      message: 'Unauthorized',
    });
    const bob = await app.connect({ auth: { ...stolen, token: 'token of bob' } });
    expect(bob.socket.recovered).toBeFalsy();
    expect(await bob.socket.emitWithAck('who', {})).toEqual({ user: { id: 'bob' }, rooms: ['sockets:user/bob'] });
  });

  it.each([-1, 1.5, '1', 2 ** 53, 'from the future', { epoch: 'another' }, null])(
    'rows 42 and 43: who asks to resume from the position %j begins anew, and is sent nothing of what was missed',
    async (offset) => {
      const app = await startWith(({ auth }) => USERS[String(auth.token)]);
      const ada = await app.connect({ auth: { token: 'token of ada' } });
      await ada.socket.emitWithAck('get', { url: '/notes/1' });
      const { id } = ada;
      ada.socket.disconnect();
      await app.channel('note').publishUpdate('1', { text: 'secret' });

      for (const token of ['token of ada', 'token of bob']) {
        const again = await app.connect({ auth: { token, pid: id, offset, epoch: 1, seq: offset } });
        await app.settle();
        expect(again.socket.recovered).toBeFalsy();
        expect(again.id).not.toBe(id);
        expect(again.heard('note')).toEqual([]);
      }
    },
  );

  it.each([
    ['malformed', 'not a token'],
    ['of no algorithm', jwt({ alg: 'none' }, { id: 'ada', nbf: 0 })],
    ['of the future', jwt({ alg: 'HS256' }, { id: 'ada', nbf: 4e9 })],
    ['that expired', jwt({ alg: 'HS256' }, { id: 'ada', nbf: 0, exp: 1 })],
    ['that is none', undefined],
    ['that is an object', { toString: 'x' }],
  ])('row 47: a token %s is refused, and the process lives', async (_, token) => {
    const app = await startWith(carelessly);
    const { data } = await refusalOf(app.connect({ auth: { token } }));
    expect(data).toEqual({
      statusCode: expect.any(Number) as number,
      code: expect.stringMatching(/^UNAUTHORIZED$|^INTERNAL_SERVER_ERROR$/) as string,
      message: expect.not.stringMatching(/token|algorithm|JSON|split/) as string,
    });
    const good = jwt({ alg: 'HS256' }, { id: 'ada', nbf: 0 });
    expect((await app.connect({ auth: { token: good } })).socket.connected).toBe(true);
  });
});
