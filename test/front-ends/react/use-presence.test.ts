import {
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Injectable,
  Put,
  ServiceUnavailableException,
} from '@nestjs/common';
import { createElement as h } from 'react';
import { describe, expect, it } from 'vitest';
import type { SocketsClient } from '../../../src/front-ends/client/index.js';
import { type PresenceOptions, type PresentUser, usePresence } from '../../../src/front-ends/react/index.js';
import { JoinRoom, LeaveRoom, SocketsModule, SocketsService } from '../../../src/index.js';
import { client, reaches } from '../../behaviour/client/support/client.js';
import { Line } from '../../behaviour/client/support/line.js';
import { authenticate } from '../../behaviour/rooms/presence/support/visitors.js';
import { start, type TestApplication } from '../../support/application.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';
import { Rendered } from '../support/rendered.js';

@Injectable()
class Door {
  isClosed = false;
  /** How often it is still to fail. */
  failures = 0;
  /** What each who leaves waits for. */
  beforeLeave: Gate[] = [];
  readonly calls: string[] = [];
}

@Controller('lobby')
class LobbyController {
  constructor(
    private readonly sockets: SocketsService,
    private readonly door: Door,
  ) {}

  @Put('visit')
  @JoinRoom('lobby', { presence: true })
  enter(): void {
    this.door.calls.push('enter');
    if (this.door.isClosed) throw new ForbiddenException();
    if (this.door.failures-- > 0) throw new ServiceUnavailableException();
  }

  @Delete('visit')
  @LeaveRoom('lobby')
  async leave(): Promise<void> {
    this.door.calls.push('leave');
    await this.door.beforeLeave.shift()?.opened;
  }

  @Get('visitors')
  visitors(): Promise<PresentUser[]> {
    return this.sockets.presence('lobby');
  }
}

function startLobby(): Promise<TestApplication> {
  const sockets = SocketsModule.forRoot({
    authenticate,
    presence: { show: ({ name }: { name: string }) => ({ name }) },
  });
  return start({ imports: [sockets], controllers: [LobbyController], providers: [Door] });
}

const visits = {
  enter: async (sockets: SocketsClient) => {
    await sockets.put('/lobby/visit');
    return (await sockets.get<PresentUser<{ name: string }>[]>('/lobby/visitors')).body;
  },
  leave: (sockets: SocketsClient) => sockets.delete('/lobby/visit'),
};

interface VisitorsProps {
  room?: string | null;
  options?: PresenceOptions<{ name: string }>;
}

function Visitors({ room = 'lobby', options = visits }: VisitorsProps) {
  const { users, error } = usePresence<{ name: string }>(room, options);
  return h('p', null, error ? `${error.statusCode}` : users.map(({ user }) => user?.name).join(', '), '. ');
}

/** Shows who is there, and beside them what is wrong. */
function Everything({ options }: Required<Pick<VisitorsProps, 'options'>>) {
  const { users, error } = usePresence<{ name: string }>('lobby', options);
  return `${error?.message}: ${users.map(({ user }) => user?.name).join(', ')}`;
}

const idsIn = async (app: TestApplication): Promise<string[]> =>
  (await app.sockets.presence('lobby')).map(({ id }) => id);

describe('usePresence', () => {
  it('enters the room once for all components, shows who is there, comes and goes, and leaves it', async () => {
    const app = await startLobby();
    const ada = client(app.url, { auth: { id: 'ada' } });
    await visits.enter(ada);
    const grace = client(app.url, { auth: { id: 'grace' } });
    const page = Rendered.show(grace, h(Visitors), h(Visitors));
    await eventually(() => expect(page.text).toBe('name of ada, name of grace. '.repeat(2)));

    const alan = client(app.url, { auth: { id: 'alan' } });
    await visits.enter(alan);
    await eventually(() => expect(page.text).toContain('name of ada, name of grace, name of alan. '));
    ada.close();
    await eventually(() => expect(page.text).toBe('name of grace, name of alan. '.repeat(2)));
    page.unmount();

    await eventually(async () => expect(await idsIn(app)).toEqual(['alan']));
    expect(app.get(Door).calls).toEqual(['enter', 'enter', 'enter', 'leave']);
  });

  it('enters again after a reconnect, and shows who is there now', async () => {
    const app = await startLobby();
    const line = await Line.to(app.url);
    const ada = client(app.url, { auth: { id: 'ada' } });
    await visits.enter(ada);
    const grace = client(line.url, { auth: { id: 'grace' } });
    const page = Rendered.show(grace, h(Visitors));
    await eventually(() => expect(page.text).toBe('name of ada, name of grace. '));

    line.cut();
    await reaches(grace, 'reconnecting');
    await visits.leave(ada);
    await visits.enter(client(app.url, { auth: { id: 'alan' } }));
    line.mend();

    await eventually(() => expect(page.text).toBe('name of alan, name of grace. '));
  });

  it('goes on in the room where one component takes the place of another', async () => {
    const app = await startLobby();
    const sockets = client(app.url, { auth: { id: 'ada' } });
    const page = Rendered.show(sockets, h('div', null, h(Visitors)));
    await eventually(() => expect(page.text).toBe('name of ada. '));

    page.show(sockets, h('span', null, h(Visitors)), 'again');

    await eventually(() => expect(page.text).toBe('name of ada. again'));
    await sockets.get('/lobby/visitors');
    expect(app.get(Door).calls).toEqual(['enter']);
  });

  it('waits while it has no room', async () => {
    const app = await startLobby();
    const sockets = client(app.url, { auth: { id: 'ada' } });
    const page = Rendered.show(sockets, h(Visitors, { room: null }));
    await eventually(() => expect(page.text).toBe('. '));
    await sockets.get('/lobby/visitors');
    expect(app.get(Door).calls).toEqual([]);

    page.show(sockets, h(Visitors));

    await eventually(() => expect(page.text).toBe('name of ada. '));
  });

  it('says why its client is not let in', async () => {
    const app = await startLobby();
    app.get(Door).isClosed = true;
    const page = Rendered.show(client(app.url, { auth: { id: 'ada' } }), h(Visitors));

    await eventually(() => expect(page.text).toBe('403. '));
  });

  it('shows who comes and goes, though it could not be told who was there', async () => {
    const app = await startLobby();
    const enter = async (sockets: SocketsClient): Promise<never> => {
      await sockets.put('/lobby/visit');
      await visits.enter(client(app.url, { auth: { id: 'grace' } }));
      throw new RangeError('no list');
    };
    const page = Rendered.show(client(app.url, { auth: { id: 'ada' } }), h(Everything, { options: { enter } }));
    await eventually(() => expect(page.text).toBe('no list: name of grace'));

    await visits.enter(client(app.url, { auth: { id: 'alan' } }));

    await eventually(() => expect(page.text).toBe('no list: name of grace, name of alan'));
  });

  it('tries again to enter where that has failed for a while', async () => {
    const app = await startLobby();
    app.get(Door).failures = 1;
    const page = Rendered.show(client(app.url, { auth: { id: 'ada' } }), h(Visitors));
    await eventually(() => expect(page.text).toBe('503. '));

    await eventually(() => expect(page.text).toBe('name of ada. '));
  });

  it('enters as the last render says', async () => {
    const app = await startLobby();
    const line = await Line.to(app.url);
    const sockets = client(line.url, { auth: { id: 'ada' } });
    const page = Rendered.show(sockets, h(Visitors));
    await eventually(() => expect(page.text).toBe('name of ada. '));
    const enter = async () => [{ id: '1', user: { name: 'whom the last render knows' } }];
    page.show(sockets, h(Visitors, { options: { ...visits, enter } }), 'again');
    await eventually(() => expect(page.text).toBe('name of ada. again'));

    line.cut();
    await reaches(sockets, 'reconnecting');
    line.mend();

    await eventually(() => expect(page.text).toBe('whom the last render knows. again'));
  });

  it('enters after it has left, where leaving takes long and comes twice', async () => {
    const app = await startLobby();
    const door = app.get(Door);
    const sockets = client(app.url, { auth: { id: 'ada' } });
    const page = Rendered.show(sockets, h(Visitors));
    await eventually(() => expect(page.text).toBe('name of ada. '));
    const [first, second] = [new Gate(), new Gate()];
    door.beforeLeave = [first, second];
    page.show(sockets);
    await eventually(() => expect(door.calls.at(-1)).toBe('leave'));
    page.show(sockets, h(Visitors));
    await eventually(() => expect(page.text).toBe('. '));
    page.show(sockets);
    await eventually(() => expect(sockets.socket.listeners('presence')).toEqual([]));

    first.open();
    await eventually(() => expect(door.calls.filter((call) => call === 'leave')).toHaveLength(2));
    page.show(sockets, h(Visitors));
    await eventually(() => expect(page.text).toBe('. '));
    second.open();

    await eventually(() => expect(page.text).toBe('name of ada. '));
    expect(await idsIn(app)).toEqual(['ada']);
    page.show(sockets, h(Visitors), 'again');
    await eventually(() => expect(page.text).toBe('name of ada. again'));
  });

  it.each([
    ['of the room', { room: 'lobby' }],
    ['of all rooms', {}],
  ])('shows nobody once its client is put out %s', async (_, what) => {
    const app = await startLobby();
    const sockets = client(app.url, { auth: { id: 'ada' } });
    const page = Rendered.show(sockets, h(Visitors));
    await eventually(() => expect(page.text).toBe('name of ada. '));

    await app.sockets.revoke({ user: 'ada', ...what });

    await eventually(() => expect(page.text).toBe('. '));
  });

  it('asks once more where its client is put out while it enters', async () => {
    const app = await startLobby();
    const door = app.get(Door);
    const [asked, gate] = [new Gate(), new Gate()];
    const enter = async (sockets: SocketsClient) => {
      const users = await visits.enter(sockets);
      asked.open();
      await gate.opened;
      return users;
    };
    const sockets = client(app.url, { auth: { id: 'ada' } });
    const page = Rendered.show(sockets, h(Visitors, { options: { ...visits, enter } }));
    await asked.opened;
    const revoked = new Promise((resolve) => sockets.onRevoked(resolve));

    door.isClosed = true;
    await app.sockets.revoke({ user: 'ada', room: 'lobby' });
    await revoked;
    gate.open();

    await eventually(() => expect(page.text).toBe('403. '));
  });
});
