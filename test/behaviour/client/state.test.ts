import { ServiceUnavailableException, UnauthorizedException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { type ConnectionState, RequestError, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { SocketsModule } from '../../../src/index.js';
import { client, failure, reaches } from './support/client.js';
import { startDesk } from './support/desk.js';
import { Doorkeeper } from './support/doorkeeper.js';
import { Line } from './support/line.js';

/** Every state from now on, as `status` or `status CODE`. */
function statesOf(sockets: SocketsClient): string[] {
  const states: string[] = [];
  sockets.onState(({ status, reason }) => states.push(reason ? `${status} ${reason.code}` : status));
  return states;
}

describe('The state of the connection', () => {
  it('is told at once and whenever it changes, with the reason', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url, { reconnectionDelay: 50, reconnectionDelayMax: 50 });
    const states = statesOf(sockets);

    expect(states).toEqual(['connecting']);
    await reaches(sockets, 'connected');
    line.cut();
    await reaches(sockets, 'reconnecting');
    expect(sockets.state.reason).toBeInstanceOf(RequestError);
    line.mend();
    await reaches(sockets, 'connected');
    sockets.close();

    expect(states).toEqual(['connecting', 'connected', 'reconnecting CONNECTION_LOST', 'connected', 'closed CLOSED']);
  });

  it('says why the server cannot be reached, while the client goes on trying', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    line.cut();
    const sockets = client(line.url);

    const tried = new Promise<ConnectionState>((resolve) => {
      sockets.onState((state) => state.reason && resolve(state));
    });

    expect(await tried).toMatchObject({ status: 'connecting', reason: { code: 'SERVER_UNREACHABLE', statusCode: 0 } });
    line.mend();
    await reaches(sockets, 'connected');
    expect(sockets.state).toEqual({ status: 'connected' });
  });

  it('is closed where Socket.IO is not to try again, and requests fail with the reason', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    line.cut();
    const never = client(line.url, { reconnection: false });
    const twice = client(line.url, { reconnectionAttempts: 2 });
    const waiting = [never, twice].map((sockets) => failure(sockets.get('/notes')));

    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE', sent: false });
    expect([never.state.status, twice.state.status]).toEqual(['closed', 'closed']);

    line.mend();
    for (const sockets of [never, twice]) {
      sockets.connect();
      expect((await sockets.get('/notes')).statusCode).toBe(200);
    }
  });

  it('is closed, with the answer of the server, where the connection is refused', async () => {
    const { app } = await startDesk({
      imports: [
        SocketsModule.forRoot({
          authenticate: ({ auth }) => {
            if (auth.token !== 'secret') throw new UnauthorizedException('who are you?');
            return true;
          },
        }),
      ],
    });
    const auth = { token: 'wrong' };
    const sockets = client(app.url, { auth });
    const states = statesOf(sockets);
    const refusal = { statusCode: 401, code: 'UNAUTHORIZED', message: 'who are you?', sent: false };

    expect(await failure(sockets.get('/notes'))).toMatchObject(refusal);
    expect(sockets.state).toMatchObject({ status: 'closed', reason: refusal });
    expect(await failure(sockets.get('/notes'))).toMatchObject(refusal);

    auth.token = 'secret';
    sockets.connect();
    expect((await sockets.get('/notes')).statusCode).toBe(200);
    expect(states).toEqual(['connecting', 'closed UNAUTHORIZED', 'connecting', 'connected']);
  });

  it('is closed where a refusal does not say more than that', async () => {
    const { app } = await startDesk();
    app.sockets.server.use((_, next) => next(new Error('not today')));

    const error = await failure(client(app.url).get('/notes'));

    expect(error).toMatchObject({ statusCode: 0, code: 'CONNECTION_REFUSED', message: 'not today' });
  });

  it('is connecting where the server fails to decide, until it can', async () => {
    const doorkeeper = new Doorkeeper();
    const { app } = await startDesk({ imports: [doorkeeper.module] });
    doorkeeper.fault = new Error('the database is away');
    const sockets = client(app.url);
    const states = statesOf(sockets);

    const waiting = sockets.get('/notes');
    await doorkeeper.hasRefused(3);
    expect(sockets.state).toMatchObject({ status: 'connecting', reason: { statusCode: 500, sent: false } });
    doorkeeper.fault = undefined;

    expect((await waiting).statusCode).toBe(200);
    expect([...new Set(states)]).toEqual(['connecting', 'connecting INTERNAL_SERVER_ERROR', 'connected']);
  });

  it('is reconnecting where the server fails to decide on the next connection, and reads are repeated', async () => {
    const doorkeeper = new Doorkeeper();
    const { app } = await startDesk({ imports: [doorkeeper.module] });
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    let tell: (statusCode: unknown) => void;
    const repeated = new Promise((resolve) => (tell = resolve));
    await sockets.get('/notes', undefined, { repeat: ({ response }) => tell(response?.statusCode) });

    line.cut();
    await reaches(sockets, 'reconnecting');
    doorkeeper.fault = new ServiceUnavailableException('back soon');
    line.mend();
    await doorkeeper.hasRefused(2);
    expect(sockets.state).toMatchObject({
      status: 'reconnecting',
      reason: { statusCode: 503, code: 'SERVICE_UNAVAILABLE', message: 'back soon' },
    });
    doorkeeper.fault = undefined;

    expect(await repeated).toBe(200);
  });

  it('is closed where the server fails to decide as often as Socket.IO may try, until connect()', async () => {
    const doorkeeper = new Doorkeeper();
    const { app } = await startDesk({ imports: [doorkeeper.module] });
    doorkeeper.fault = new Error('the database is away');
    const never = client(app.url, { reconnection: false });
    expect(await failure(never.get('/notes'))).toMatchObject({ statusCode: 500, sent: false });
    const twice = client(app.url, { reconnectionAttempts: 2 });
    expect(await failure(twice.get('/notes'))).toMatchObject({ statusCode: 500, sent: false });

    expect([never.state.status, twice.state.status]).toEqual(['closed', 'closed']);
    expect(doorkeeper.refused).toBe(1 + 3);
    doorkeeper.fault = undefined;
    for (const sockets of [never, twice]) {
      sockets.connect();
      expect((await sockets.get('/notes')).statusCode).toBe(200);
    }
  });

  it('is closed by close() while the server fails to decide, and nothing is tried any more', async () => {
    const doorkeeper = new Doorkeeper();
    const { app } = await startDesk({ imports: [doorkeeper.module] });
    doorkeeper.fault = new Error('the database is away');
    const sockets = client(app.url, { reconnectionDelayMax: 5 });
    await new Promise<void>((resolve) => sockets.socket.once('connect_error', () => resolve()));

    sockets.close();
    expect(sockets.state).toMatchObject({ status: 'closed', reason: { code: 'CLOSED' } });

    // Another client keeps trying, with increasing delays.
    const before = doorkeeper.refused;
    const other = client(app.url, { reconnectionDelay: 10, reconnectionAttempts: 3, randomizationFactor: 0 });
    await failure(other.get('/notes'));
    expect(doorkeeper.refused).toBe(before + 4);
  });

  it('is closed when the server closes the connection, until connect()', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');
    const { id } = sockets;

    await app.sockets.disconnect(id!);
    await reaches(sockets, 'closed');

    expect(sockets.state.reason).toMatchObject({ code: 'CLOSED_BY_SERVER' });
    expect(sockets.id).toBeUndefined();
    expect(await failure(sockets.get('/notes'))).toMatchObject({ code: 'CLOSED_BY_SERVER', sent: false });
    sockets.connect();
    expect((await sockets.get('/notes')).statusCode).toBe(200);
    expect(sockets.id).not.toBe(id);
  });

  it('is closed by close(), whatever it was, and what waits fails', async () => {
    const { app } = await startDesk();
    const line = await Line.to(app.url);
    line.cut();
    const sockets = client(line.url);

    const waiting = failure(sockets.get('/notes'));
    sockets.close();
    sockets.close();

    expect(sockets.state).toMatchObject({ status: 'closed', reason: { code: 'CLOSED' } });
    expect(await waiting).toMatchObject({ code: 'CLOSED', sent: false });
    expect(await failure(sockets.get('/notes'))).toMatchObject({ code: 'CLOSED', sent: false });
  });

  it('is what a listener makes of it, who opens the connection when he hears that it is closed', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');
    const states = statesOf(sockets);
    const end = sockets.onState(({ status }) => {
      if (status === 'closed') sockets.connect();
    });

    sockets.close();
    const answer = sockets.get('/notes');

    expect(sockets.state).toEqual({ status: 'connecting' });
    expect((await answer).statusCode).toBe(200);
    expect(states).toEqual(['connected', 'closed CLOSED', 'connecting', 'connected']);
    end();
  });

  it('is what a listener makes of it, who closes the connection when he hears that it is opened', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url, { autoConnect: false });
    sockets.onState(({ status }) => {
      if (status === 'connecting') sockets.close();
    });

    sockets.connect();

    expect(sockets.state).toMatchObject({ status: 'closed', reason: { code: 'CLOSED' } });
    expect(sockets.socket.active).toBe(false);
  });

  it('is closed until connect() where Socket.IO was told not to connect by itself', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url, { autoConnect: false });

    expect(sockets.state).toEqual({ status: 'closed' });
    expect(await failure(sockets.get('/notes'))).toMatchObject({
      code: 'CLOSED',
      message: 'There is no connection yet: call connect() first',
    });
    sockets.connect();
    expect((await sockets.get('/notes')).statusCode).toBe(200);
  });

  it('is told to a listener until it is ended, and to each the newest only', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const ended: string[] = [];
    sockets.onState(({ status }) => ended.push(status))();
    sockets.onState(({ status }) => {
      if (status === 'connected') sockets.close();
    });
    const later = statesOf(sockets);

    await reaches(sockets, 'closed');

    expect(ended).toEqual(['connecting']);
    expect(later).toEqual(['connecting', 'closed CLOSED']);
  });
});
