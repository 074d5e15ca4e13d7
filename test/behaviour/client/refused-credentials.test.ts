import { describe, expect, it } from 'vitest';
import jsonwebtoken from 'jsonwebtoken';
import { type ClientOptions, RequestError, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { SocketsModule } from '../../../src/index.js';
import { client, failure, reaches } from './support/client.js';
import { startDesk } from './support/desk.js';

const SECRET = 'a secret of thirty-two characters';
const valid = (): string => jsonwebtoken.sign({ id: 1 }, SECRET);
const expired = (): string => jsonwebtoken.sign({ id: 1, exp: 1 }, SECRET);
const REFUSAL = { statusCode: 401, code: 'UNAUTHORIZED', message: 'The token has expired.' };

describe('A client whose credentials are refused', () => {
  /** How often the server was asked, and with what. */
  const asked: unknown[] = [];

  async function startWith(auth: ClientOptions['auth'], options: ClientOptions = {}): Promise<SocketsClient> {
    asked.length = 0;
    const { app } = await startDesk({
      imports: [
        SocketsModule.forRoot({
          authenticate: (handshake) => {
            asked.push(handshake.auth.token);
            return handshake.auth.token ? jsonwebtoken.verify(String(handshake.auth.token), SECRET) : null;
          },
        }),
      ],
    });
    return client(app.url, { auth, ...options });
  }

  /** Another client gets in meanwhile, so the refused one has had every occasion to try again. */
  async function others(sockets: SocketsClient): Promise<void> {
    const { uri } = sockets.socket.io as unknown as { uri: string };
    for (let times = 0; times < 3; times++) await reaches(client(uri, { auth: {} }), 'connected');
  }

  it.each<[string, ClientOptions['transports']]>([
    ['websocket', ['websocket']],
    ['polling', ['polling']],
  ])('is closed, says so, and does not try again with the same token, by %s', async (_name, transports) => {
    const token = expired();
    const sockets = await startWith({ token }, { transports });

    expect(await failure(sockets.get('/notes'))).toMatchObject(REFUSAL);
    expect(sockets.state).toMatchObject({ status: 'closed', reason: REFUSAL });
    await others(sockets);
    expect(asked.filter(Boolean)).toEqual([token]);
    expect(sockets.state.status).toBe('closed');
  });

  it('asks a function once more, and is closed if it gives the same', async () => {
    const token = expired();
    let calls = 0;
    const sockets = await startWith(() => {
      calls++;
      return { token };
    });

    expect(await failure(sockets.get('/notes'))).toMatchObject(REFUSAL);
    await others(sockets);
    expect(asked.filter(Boolean)).toEqual([token]);
    expect(calls).toBe(2);
  });

  it('connects with what a function gives then, if that is something else', async () => {
    const tokens = [expired(), valid()];
    const given = [...tokens];
    const sockets = await startWith(async () => Promise.resolve({ token: given.shift() }));
    const states: string[] = [];
    sockets.onState(({ status }) => states.push(status));

    expect((await sockets.get('/notes')).statusCode).toBe(200);
    expect(asked).toEqual(tokens);
    expect(states).toEqual(['connecting', 'connecting', 'connected']);
  });

  it('is closed if that is refused as well, however many more there are', async () => {
    let count = 0;
    const sockets = await startWith(() => ({ token: jsonwebtoken.sign({ id: ++count, exp: 1 }, SECRET) }));

    expect(await failure(sockets.get('/notes'))).toMatchObject(REFUSAL);
    await others(sockets);
    expect(asked.filter(Boolean)).toHaveLength(2);
    expect(sockets.state.status).toBe('closed');
  });

  it('is closed if a function fails when it is asked again', async () => {
    const given = [expired()];
    const sockets = await startWith(() => {
      const token = given.shift();
      if (token === undefined) throw new Error('signed out');
      return { token };
    });
    expect(await failure(sockets.get('/notes'))).toMatchObject(REFUSAL);
  });

  it('stays closed if it is closed while a function is asked again', async () => {
    let answer: ((auth: object) => void) | undefined;
    let calls = 0;
    const sockets = await startWith((send) => {
      if (++calls === 1) send({ token: expired() });
      else answer = send;
    });
    await expect.poll(() => answer).toBeDefined();
    sockets.close();
    answer?.({ token: valid() });
    await others(sockets);
    expect(sockets.state).toMatchObject({ status: 'closed', reason: { code: 'CLOSED' } });
    expect(asked.filter(Boolean)).toHaveLength(1);
  });

  it('connects when it is given others by reauthenticate(), which fails if they are refused, too', async () => {
    const sockets = await startWith({ token: expired() });
    await reaches(sockets, 'closed');

    await expect(sockets.reauthenticate({ token: expired() })).rejects.toMatchObject(REFUSAL);
    await expect(sockets.reauthenticate({ token: 'x' })).rejects.toBeInstanceOf(RequestError);
    await sockets.reauthenticate({ token: valid() });
    expect(sockets.state).toEqual({ status: 'connected' });
    expect((await sockets.get('/notes')).statusCode).toBe(200);
  });

  it('connects as nobody in particular by reauthenticate({})', async () => {
    const sockets = await startWith({ token: expired() });
    await reaches(sockets, 'closed');
    await sockets.reauthenticate({});
    expect((await sockets.get('/notes')).statusCode).toBe(200);
  });

  it('is not opened by reauthenticate() if it was closed on purpose', async () => {
    const sockets = await startWith({ token: valid() });
    await reaches(sockets, 'connected');
    sockets.close();
    await expect(sockets.reauthenticate({ token: valid() })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(sockets.state.status).toBe('closed');
  });
});
