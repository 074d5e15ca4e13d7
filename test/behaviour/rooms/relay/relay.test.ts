import { Controller, Injectable } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { Relay, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { DONE, refused, signal } from './support/signals.js';

@Controller('boards')
@Relay('typing', { to: 'board:{boardId}' })
@Relay('cursor', { to: 'board:{boardId}/card:{card}' })
class BoardsController {}

@WebSocketGateway({ namespace: 'admin' })
@Relay('typing', { to: 'board:{boardId}' })
@Relay('nudge', { to: 'lobby' })
class AdminGateway {}

abstract class Chat {}
Relay('said', { to: 'chat:{room}' })(Chat);

@Injectable()
class LoungeChat extends Chat {}

const users: Record<string, unknown> = { ada: { id: 7, name: 'ada', password: 'secret' }, grace: { id: 8 } };
const imports = [
  SocketsModule.forRoot({ authenticate: ({ auth }) => users[String((auth as { name?: unknown }).name)] ?? true }),
];
const options = { imports, controllers: [BoardsController], providers: [AdminGateway, LoungeChat] };

const FORBIDDEN = {
  body: { statusCode: 403, code: 'FORBIDDEN', message: 'You are not in that room.' },
  headers: {},
  statusCode: 403,
};

describe('A signal that a relay is declared for', () => {
  async function room(
    name: string,
    namespace = '',
  ): Promise<{ app: TestApplication; ada: TestClient; grace: TestClient }> {
    const app = await start(options);
    const [ada, grace] = [
      await app.connect({ namespace, auth: { name: 'ada' } }),
      await app.connect({ namespace, auth: { name: 'grace' } }),
    ];
    await app.sockets.of(namespace || '/').join([ada.id, grace.id], name);
    return { app, ada, grace };
  }

  it('goes to the others in the room, with the sender’s user id and nothing else of him', async () => {
    const { app, ada, grace } = await room('board:1');
    const stranger = await app.connect();
    expect(await signal(ada, 'typing', { boardId: 1, card: { id: 12 } })).toEqual(DONE);
    expect(await grace.next('typing')).toEqual([{ boardId: 1, card: { id: 12 } }, { user: '7' }]);
    await app.settle();
    expect(ada.heard('typing')).toEqual([]);
    expect(stranger.heard('typing')).toEqual([]);
  });

  it('says nothing of the sender if nobody knows him', async () => {
    const { app, grace } = await room('board:1');
    const somebody = await app.connect();
    await app.sockets.join(somebody.id, 'board:1');
    await signal(somebody, 'typing', { boardId: '1' });
    expect(await grace.next('typing')).toEqual([{ boardId: '1' }, {}]);
  });

  it('needs no acknowledgement', async () => {
    const { ada, grace } = await room('board:1');
    ada.socket.emit('typing', { boardId: 1 });
    expect(await grace.next('typing')).toEqual([{ boardId: 1 }, { user: '7' }]);
  });

  it('is kept for nobody who comes later', async () => {
    const { app, ada, grace } = await room('board:1');
    await signal(ada, 'typing', { boardId: 1 });
    await grace.next('typing');
    const late = await app.connect();
    await app.sockets.join(late.id, 'board:1');
    await app.settle();
    expect(late.heard('typing')).toEqual([]);
  });

  it('row 49: is refused to whoever is not in that very room, whether there is such a room or not', async () => {
    const { app, ada, grace } = await room('board:1');
    await app.sockets.leave(ada.id, 'board:1');
    await app.sockets.join(ada.id, ['board:2', 'board', 'board:', 'board:1/card:3']);
    for (const boardId of [1, 3, '1/card:3', '../1', ada.id, grace.id])
      expect(await signal(ada, 'typing', { boardId }), String(boardId)).toEqual(FORBIDDEN);
    ada.socket.emit('typing', { boardId: 1 });
    await signal(ada, 'typing', { boardId: 2 });
    await app.settle();
    expect(grace.heard('typing')).toEqual([]);
  });

  it('is refused to whoever has left', async () => {
    const { app, ada, grace } = await room('board:1');
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
    await grace.next('typing');
    await app.sockets.leave(ada.id, 'board:1');
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(FORBIDDEN);
  });

  it('may name a room by several fields', async () => {
    const { ada, grace } = await room('board:1/card:a%2Fb');
    expect(await signal(ada, 'cursor', { boardId: 1, card: 'a/b', x: 0.5 })).toEqual(DONE);
    expect(await grace.next('cursor')).toEqual([{ boardId: 1, card: 'a/b', x: 0.5 }, { user: '7' }]);
  });

  it('row 40: works in rooms of __proto__ and its like', async () => {
    for (const boardId of ['__proto__', 'constructor', 'hasOwnProperty']) {
      const { ada, grace } = await room(`board:${boardId}`);
      expect(await signal(ada, 'typing', { boardId })).toEqual(DONE);
      expect(await grace.next('typing')).toEqual([{ boardId }, { user: '7' }]);
    }
  });

  it('stays in the namespace of the gateway that declares it', async () => {
    const { app, ada, grace } = await room('lobby', '/admin');
    const outside = await app.connect({ auth: { name: 'grace' } });
    await app.sockets.join(outside.id, ['lobby', 'board:1']);
    expect(await signal(ada, 'nudge', {})).toEqual(DONE);
    expect(await grace.next('nudge')).toEqual([{}, { user: '7' }]);
    await app.sockets.of('/admin').join(ada.id, 'board:1');
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
    await app.settle();
    expect([...outside.heard('nudge'), ...outside.heard('typing')]).toEqual([]);
  });

  it('is nothing in a namespace that does not declare it', async () => {
    const { app, ada, grace } = await room('lobby');
    ada.socket.emit('nudge', {});
    await app.sockets.join([ada.id, grace.id], 'board:1');
    await signal(ada, 'typing', { boardId: 1 });
    await grace.next('typing');
    expect(grace.heard('nudge')).toEqual([]);
  });

  it('may be declared on a class that the provider extends', async () => {
    const { ada, grace } = await room('chat:lounge');
    expect(await signal(ada, 'said', { room: 'lounge' })).toEqual(DONE);
    await grace.next('said');
  });

  it('row 49: is the only thing that clients can send each other', async () => {
    const { app, ada, grace } = await room('board:1');
    for (const event of [
      'board:1',
      'card',
      'card:updated',
      'presence',
      'revoked',
      'sockets:mutated',
      'message',
      'broadcast',
    ])
      ada.socket.emit(event, { boardId: 1, room: 'board:1', verb: 'updated', id: 1, data: {} });
    await signal(ada, 'typing', { boardId: 1 });
    await grace.next('typing');
    await app.settle();
    expect(grace.received.map(([event]) => event).filter((event) => event !== 'marker')).toEqual(['typing']);
  });

  const garbage: Array<[why: string, ...args: unknown[]]> = [
    ['nothing'],
    ['null', null],
    ['a number', 1],
    ['a string', 'board:1'],
    ['true', true],
    ['an array', [{ boardId: 1 }]],
    ['two objects', { boardId: 1 }, { boardId: 1 }],
    ['binary', Buffer.from('1')],
    ['binary inside', { boardId: 1, bytes: Buffer.from('1') }],
    ['no field of the room', {}],
    ['null for the room', { boardId: null }],
    ['an empty string for the room', { boardId: '' }],
    ['an array for the room', { boardId: [1] }],
    ['a hundred thousand rooms', { boardId: Array.from({ length: 100_000 }, (_, id) => id) }],
    ['an object for the room', { boardId: { toString: 1 } }],
    ['half a character for the room', { boardId: '\uD800' }],
    ['a key constructor', { boardId: 1, constructor: { name: 'x' } }],
    ['a key prototype', { boardId: 1, deep: [{ prototype: 1 }] }],
    ['a key __proto__', JSON.parse('{ "boardId": 1, "__proto__": { "admin": true } }')],
    ['a deep key __proto__', JSON.parse('{ "boardId": 1, "a": [{ "__proto__": 1 }] }')],
    ['33 levels', { boardId: 1, deep: nested(32) }],
  ];
  it.each(garbage)('row 37: is refused if it is %s, and the process lives', async (_, ...args) => {
    const { app, ada, grace } = await room('board:1');
    ada.socket.emit('typing', ...args);
    const answer = await signal(ada, 'typing', ...args);
    // What is large is refused for that, if for nothing before.
    if (answer.statusCode === 413) expect(answer).toMatchObject(refused(413, 'PAYLOAD_TOO_LARGE'));
    else expect(answer).toMatchObject(refused(400, 'BAD_REQUEST'));
    await app.settle();
    expect(grace.heard('typing')).toEqual([]);
    expect(await signal(ada, 'typing', { boardId: 1, deep: nested(31) })).toEqual(DONE);
  });

  it('row 37: is refused if it nests deeper than any client of Socket.IO sends it', async () => {
    const { app, ada, grace } = await room('board:1');
    const data = `{"boardId":1,"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    ada.socket.io.engine.write(`2["typing",${data}]`);
    expect(await signal(ada, 'typing', { boardId: 1 })).toEqual(DONE);
    await grace.next('typing');
    await app.settle();
    expect(grace.heard('typing')).toEqual([{ boardId: 1 }]);
  });
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
