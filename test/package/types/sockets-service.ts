import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { expectTypeOf } from 'vitest';
import { type NamespaceSockets, SocketsModule, type SocketsService } from '../../../src/index.js';

declare const sockets: SocketsService;
declare const socket: Socket;
declare const request: IncomingMessage;

expectTypeOf(sockets.server).toEqualTypeOf<Server>();
expectTypeOf(sockets.of('/admin')).toExtend<NamespaceSockets>();
expectTypeOf(sockets.get('id')).toEqualTypeOf<Socket>();
expectTypeOf(sockets.getId(socket)).toEqualTypeOf<string | undefined>();
expectTypeOf(sockets.rooms()).toEqualTypeOf<Promise<string[]>>();

void sockets.join([socket, socket.id, 'room', request], ['a', 'b']);
void sockets.broadcast('room', 'hello', { to: 'you' }, { except: [socket, request] });
void sockets.broadcast(['room', 'lobby'], { to: 'you' }, { except: 'id' });
void sockets.blast('hello');
// @ts-expect-error a room has a name
void sockets.join(socket, 5);
// @ts-expect-error an event has a name
void sockets.broadcast('room', 5, 'hello');

SocketsModule.forRoot({ server: { path: '/live' }, origins: ['https://example.com', /\.example\.com$/] });
SocketsModule.forRoot({ resources: { user: { idType: 'number' } }, isGlobal: false });
// @ts-expect-error there is no such option
SocketsModule.forRoot({ orgins: '*' });
// @ts-expect-error an id is a number or a string
SocketsModule.forRoot({ resources: { user: { idType: 'guid' } } });
