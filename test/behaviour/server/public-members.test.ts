import { Injectable } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { connect } from '../../../src/front-ends/client/index.js';
import { ResourcefulPubSub, SocketsService } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { onceDone } from '../../support/lifetime.js';

/** Lists the names by which anything of an object can be reached, its own and inherited ones. */
function namesOf(object: object): string[] {
  const names = new Set<string>();
  for (let one: object | null = object; one !== null && one !== Object.prototype; one = Reflect.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  }
  names.delete('constructor');
  return [...names].toSorted();
}

const OF_A_NAMESPACE = [
  'addRoomMembersToRooms',
  'blast',
  'broadcast',
  'disconnect',
  'get',
  'getId',
  'join',
  'leave',
  'leaveAll',
  'namespaceName',
  'onServerEvent',
  'presence',
  'removeRoomMembersFromRooms',
  'request',
  'rooms',
  'serverSideBlast',
  'serverSideEmit',
  'socketRooms',
  'subscribers',
];

describe('What JavaScript can reach is what is documented', () => {
  it('of SocketsService, and of the namespaces that it gives', async () => {
    const { sockets } = await start();

    expect(namesOf(sockets.of('/admin'))).toEqual(OF_A_NAMESPACE);
    const own = ['afterCommit', 'attach', 'metrics', 'of', 'requester', 'revoke', 'server', 'withoutPublishing'];
    expect(namesOf(sockets)).toEqual([...OF_A_NAMESPACE, ...own].toSorted());
  });

  it('of ResourcefulPubSub and its channels', async () => {
    const app = await start();

    // `intercept` is for those who put it where an interceptor belongs.
    expect(namesOf(app.get(ResourcefulPubSub))).toEqual(['counters', 'intercept', 'of']);
    expect(namesOf(app.channel('user'))).toEqual(
      [
        ...['getRoomName', 'name', 'subscribe', 'subscribers', 'unsubscribe', 'unwatch', 'watch', 'watchers'],
        ...['message', 'publish', 'publishAdd', 'publishCreate', 'publishDestroy', 'publishRemove', 'publishReplace'],
        ...['publishUpdate', 'publishVerb'],
      ].toSorted(),
    );
  });

  it('of the client', async () => {
    const app = await start();
    const client = connect(app.url, { transports: ['websocket'] });
    onceDone(() => client.close());

    expect(namesOf(client)).toEqual(
      [
        ...[
          'close',
          'connect',
          'delete',
          'fetch',
          'get',
          'head',
          'headers',
          'httpHeaders',
          'id',
          'live',
          'mutate',
          'off',
          'on',
          'onGap',
          'onRevoked',
          'onStale',
        ],
        ...['onState', 'once', 'options', 'patch', 'post', 'put', 'reauthenticate', 'request', 'socket', 'state'],
        'unsubscribe',
      ].toSorted(),
    );
  });
});

describe('A method that does not exist', () => {
  it('sends nothing, although Socket.IO and Sails have one of that name', async () => {
    const app = await start();
    const client = await app.connect();
    const { emit } = app.sockets as unknown as { emit?: (id: string, event: string) => void };

    expect(emit).toBeUndefined();
    expect(() => (app.sockets as unknown as { emit(id: string, event: string): void }).emit(client.id, 'go')).toThrow(
      TypeError,
    );
    await app.settle();
    expect(client.received.filter(([event]) => event !== 'marker')).toEqual([]);
  });
});

@Injectable()
class Greeter {
  constructor(private readonly sockets: SocketsService) {}

  greet(board: string): Promise<void> {
    return this.sockets.broadcast(`board:${board}`, 'hello');
  }
}

describe('Private members do not stand in the way', () => {
  it('of a spy on a method', async () => {
    const app = await start({ providers: [Greeter] });
    const client = await app.connect();
    await app.sockets.join(client.id, 'board:7');
    const broadcast = vi.spyOn(app.sockets, 'broadcast');

    await app.get(Greeter).greet('7');

    expect(broadcast).toHaveBeenCalledWith('board:7', 'hello');
    expect(await client.next('hello')).toEqual([]);
  });

  it('of a stand-in for the service', async () => {
    const greeted: string[] = [];
    const standIn: Pick<SocketsService, 'broadcast'> = {
      broadcast: async (room: string | readonly string[]) => void greeted.push(String(room)),
    };
    const greeter = new Greeter(standIn as SocketsService);

    await greeter.greet('7');

    expect(greeted).toEqual(['board:7']);
  });

  it('of a page that keeps the client in a store that wraps plain objects, as Vue does', async () => {
    const app = await start();
    const client = connect(app.url, { transports: ['websocket'] });
    onceDone(() => client.close());

    // Vue takes what this calls an Object for a plain one, and puts it into a proxy.
    expect(Object.prototype.toString.call(client)).toBe('[object SocketsClient]');
  });
});
