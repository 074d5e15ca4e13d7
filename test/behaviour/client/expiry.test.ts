import { Controller, Get, UnauthorizedException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { type ConnectionState, type Revocation, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { SocketsModule, type AuthenticateFunction } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';
import { client, failure, reaches } from './support/client.js';

@Controller('endless')
class EndlessController {
  @Get()
  find(): Promise<never> {
    return new Promise(() => undefined);
  }
}

/** Every state from now on, as `status` or `status CODE`. */
function statesOf(sockets: SocketsClient): string[] {
  const states: string[] = [];
  sockets.onState(({ status, reason }) => states.push(reason ? `${status} ${reason.code}` : status));
  return states;
}

/** Resolves with the first state that has this reason. */
function reasonIs(sockets: SocketsClient, code: string): Promise<ConnectionState> {
  return new Promise((resolve) => {
    sockets.onState((state) => state.reason?.code === code && resolve(state));
  });
}

describe('Credentials that expire', () => {
  /** Accepts tokens of the form `user:milliseconds`, and records them. */
  async function startApp(grace = 60_000): Promise<{ app: TestApplication; tokens: string[] }> {
    const tokens: string[] = [];
    const authenticate: AuthenticateFunction = ({ auth }) => {
      const token = String(auth.token);
      tokens.push(token);
      const [id, life] = token.split(':');
      if (!life) throw new UnauthorizedException('This token is not valid.');
      return { id, ...(life === 'for ever' ? {} : { exp: (Date.now() + Number(life)) / 1_000 }) };
    };
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate, expiryGrace: grace })],
      controllers: [EndlessController],
    });
    return { app, tokens };
  }

  it('row 48: the state tells that they have expired, and why the connection was closed', async () => {
    const { app } = await startApp(50);
    const sockets = client(app.url, { auth: { token: 'ada:500' } });
    const states = statesOf(sockets);
    await reaches(sockets, 'closed');

    expect(states).toEqual(['connecting', 'connected', 'connected EXPIRED', 'closed EXPIRED']);
    expect(sockets.state.reason).toMatchObject({
      statusCode: 401,
      code: 'EXPIRED',
      message: expect.any(String) as string,
    });
    expect(await failure(sockets.get('/anything'))).toMatchObject({ code: 'EXPIRED', statusCode: 401, sent: false });
  });

  it('are asked for again where the option "auth" is a function, and nobody notices', async () => {
    const { app, tokens } = await startApp();
    const lives = ['ada:500', 'ada:500', 'ada:for ever'];
    const sockets = client(app.url, { auth: (send) => send({ token: lives.shift() }) });
    const states = statesOf(sockets);
    await expect.poll(() => tokens).toEqual(['ada:500', 'ada:500', 'ada:for ever']);
    await sockets.get('/anything').catch(() => undefined);
    expect(states).toEqual(['connecting', 'connected']);
  });

  it.each(['a promise of them', 'themselves'])('a function "auth" may also return %s', async (what) => {
    const { app, tokens } = await startApp();
    const lives = ['ada:500', 'ada:for ever'];
    const next = (): { token: string | undefined } => ({ token: lives.shift() });
    const sockets = client(app.url, { auth: what === 'themselves' ? next : () => Promise.resolve(next()) });
    const states = statesOf(sockets);
    await expect.poll(() => tokens).toEqual(['ada:500', 'ada:for ever']);
    await sockets.get('/anything').catch(() => undefined);
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('a function "auth" may return what is none, such as a timer, and call back later', async () => {
    const { app } = await startApp();
    const sockets = client(app.url, { auth: (send) => setTimeout(() => send({ token: 'ada:for ever' }), 1) });
    await reaches(sockets, 'connected');
    expect(sockets.state).toEqual({ status: 'connected' });
  });

  it('a function "auth" that fails is asked again, and the state tells why there is no connection', async () => {
    const { app } = await startApp();
    let failures = 2;
    const sockets = client(app.url, {
      auth: () => (failures-- > 0 ? Promise.reject(new Error('no network')) : { token: 'ada:for ever' }),
    });
    expect(await reasonIs(sockets, 'NO_CREDENTIALS')).toMatchObject({
      status: 'connecting',
      reason: { message: 'The option "auth" gave no credentials: no network', cause: expect.any(Error) as Error },
    });
    await reaches(sockets, 'connected');
    expect(sockets.state).toEqual({ status: 'connected' });
  });

  it('a function "auth" that fails closes a client that does not reconnect', async () => {
    const { app } = await startApp();
    const auth = (): never => {
      throw new Error('no network');
    };
    const sockets = client(app.url, { auth, reconnection: false });
    await reaches(sockets, 'closed');
    expect(await failure(sockets.get('/anything'))).toMatchObject({ code: 'NO_CREDENTIALS', sent: false });
  });

  it('row 48: that there are no newer ones is told by the state', async () => {
    const { app } = await startApp();
    const lives = ['ada:500'];
    const auth = async (): Promise<object> => {
      const token = lives.shift();
      if (!token) throw new Error('no network');
      return { token };
    };
    const sockets = client(app.url, { auth });
    expect(await reasonIs(sockets, 'EXPIRED')).toMatchObject({ status: 'connected' });
    expect(await failure(sockets.reauthenticate())).toMatchObject({ code: 'NO_CREDENTIALS', sent: false });
  });

  it('are waited for no longer than "timeout" and "signal" say', async () => {
    const { app, tokens } = await startApp();
    const lives = ['ada:for ever'];
    const sockets = client(app.url, { auth: (send) => lives[0] && send({ token: lives.shift() }) });
    await reaches(sockets, 'connected');
    expect(await failure(sockets.reauthenticate(undefined, { timeout: 20 }))).toMatchObject({
      code: 'TIMEOUT',
      sent: false,
    });
    const signal = AbortSignal.timeout(20);
    await expect(sockets.reauthenticate(undefined, { signal })).rejects.toThrow('aborted due to timeout');
    expect(tokens).toEqual(['ada:for ever']);
  });

  it('are sent though requests without an answer take all the room', async () => {
    const { app, tokens } = await startApp();
    const sockets = client(app.url, { auth: { token: 'ada:for ever' } });
    await reaches(sockets, 'connected');
    const requests = Array.from({ length: 40 }, () => sockets.get('/endless'));
    const unanswered = Promise.all(requests).catch((error: unknown) => error);
    await sockets.reauthenticate({ token: 'ada:for ever' });
    expect(tokens).toHaveLength(2);
    sockets.close();
    expect(await unanswered).toMatchObject({ code: 'CLOSED' });
  });

  it('row 48: that those are refused is told by the state', async () => {
    const clock = stopClock();
    const { app } = await startApp(50);
    const lives = ['ada:50', 'x'];
    const sockets = client(app.url, { auth: (send) => send({ token: lives.shift() }) });
    await reaches(sockets, 'connected');
    await clock.pass(50);
    expect(await reasonIs(sockets, 'EXPIRED')).toMatchObject({ status: 'connected' });
    await clock.pass(50);
    await reaches(sockets, 'closed');
    expect(sockets.state.reason?.code).toBe('EXPIRED');
  });

  it('are renewed by hand, and new connections begin with them', async () => {
    const { app, tokens } = await startApp();
    const sockets = client(app.url, { auth: { token: 'ada:500' } });
    await reasonIs(sockets, 'EXPIRED');
    await sockets.reauthenticate({ token: 'ada:for ever' });
    expect(sockets.state).toEqual({ status: 'connected' });

    sockets.close();
    sockets.connect();
    await reaches(sockets, 'connected');
    expect(tokens).toEqual(['ada:500', 'ada:for ever', 'ada:for ever']);
  });

  it('that are refused reject with the server’s words, and change nothing', async () => {
    const { app } = await startApp();
    const sockets = client(app.url, { auth: { token: 'ada:for ever' } });
    expect(await failure(sockets.reauthenticate({ token: 'x' }))).toMatchObject({
      statusCode: 401,
      code: 'UNAUTHORIZED',
      message: 'This token is not valid.',
    });
    expect(await failure(sockets.reauthenticate({ token: 'bob:for ever' }))).toMatchObject({ statusCode: 403 });
    expect(sockets.state).toEqual({ status: 'connected' });
    await sockets.reauthenticate();
  });

  it('what cannot be credentials is refused at once', async () => {
    const { app } = await startApp();
    const sockets = client(app.url, { auth: { token: 'ada:for ever' } });
    await expect(sockets.reauthenticate('secret' as never)).rejects.toThrow(TypeError);
    await expect(sockets.reauthenticate(null as never)).rejects.toThrow(TypeError);
  });

  it('an event of that name that is none of ours does nothing', async () => {
    const { app } = await startApp();
    const sockets = client(app.url, { auth: { token: 'ada:for ever' } });
    const states = statesOf(sockets);
    await reaches(sockets, 'connected');
    const heard = new Promise((resolve) => sockets.socket.once('marker', resolve));
    for (const data of [undefined, null, 'x', {}]) app.sockets.server.emit('reauthenticate', data);
    app.sockets.server.emit('marker', 1);
    await heard;
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('a right that is lost is told to whoever listens', async () => {
    const { app } = await startApp();
    const sockets = client(app.url, { auth: { token: 'ada:for ever' } });
    const revoked: Revocation[] = [];
    const end = sockets.onRevoked((revocation) => revoked.push(revocation));
    const told = new Promise<Revocation>((resolve) => sockets.onRevoked(resolve));
    await reaches(sockets, 'connected');
    const join = () => app.sockets.join(sockets.id ?? '', 'board:7');

    await join();
    await app.sockets.revoke({ user: 'ada', room: 'board:7' });
    expect(await told).toEqual({ room: 'board:7' });
    end();
    await join();
    await app.sockets.revoke({ user: 'ada', room: 'board:7' });
    await new Promise((resolve) => sockets.onRevoked(resolve));
    expect(revoked).toEqual([{ room: 'board:7' }]);
    expect(() => sockets.onRevoked('x' as never)).toThrow(TypeError);
  });
});
