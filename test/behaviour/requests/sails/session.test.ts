import { io, Manager, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TestApplication } from '../../../support/application.js';
import { platformBehind } from '../../../support/platform-differences.js';
import { ask, connectSails } from './support/sails-client.js';
import { cookieOf, SESSION_COOKIE, startWithSessions } from './support/sails-sessions.js';

interface Answer {
  statusCode: number;
  body: unknown;
  headers: Record<string, string>;
}

/** One request over the socket. */
type Ask = (method: string, url: string, data?: unknown, headers?: Record<string, unknown>) => Promise<Answer>;

interface ConnectOptions {
  headers?: Record<string, string>;
  query?: Record<string, string>;
}

interface Client {
  name: string;
  connect: (app: TestApplication, options?: ConnectOptions) => Promise<Ask>;
}

const sailsClient: Client = {
  name: 'sails.io.js',
  connect: async (app, { headers, query = {} } = {}) => {
    const socket = await connectSails(app.url, {
      initialConnectionHeaders: headers,
      query: new URLSearchParams(query).toString(),
    });
    return (method, url, data, ofRequest) =>
      ask(socket, { method, url, ...(data === undefined ? {} : { data: data as never }), headers: ofRequest });
  },
};

const plainClient: Client = {
  name: 'socket.io-client 4',
  connect: async (app, { headers, query } = {}) => {
    const { socket } = await app.connect({ extraHeaders: headers, query });
    return asking(socket);
  },
};

const clients = [sailsClient, plainClient];

function asking(socket: Socket): Ask {
  return (method, url, data, headers) => socket.emitWithAck(method, { url, data, headers }) as Promise<Answer>;
}

async function loggedIn(app: TestApplication, name: string): Promise<string> {
  return cookieOf(await app.request('POST', '/login', { name }));
}

describe.each(clients)('Sails row 54: the session of $name', (client) => {
  it('is that of HTTP where the handshake has its cookie, for all sockets that have it', async () => {
    const app = await startWithSessions();
    const cookie = await loggedIn(app, 'ada');
    const [one, other] = [
      await client.connect(app, { headers: { cookie } }),
      await client.connect(app, { headers: { cookie } }),
    ];

    expect((await one('get', '/whoami')).body).toEqual({ user: 'ada', count: 0 });
    await one('post', '/count');
    await other('post', '/count');
    await app.request('POST', '/count', {}, { cookie });

    const seen = { user: 'ada', count: 3 };
    expect((await one('get', '/whoami')).body).toEqual(seen);
    expect((await other('get', '/whoami')).body).toEqual(seen);
    expect((await app.request('GET', '/whoami', undefined, { cookie })).body).toEqual(seen);
  });

  it('is another one for another cookie', async () => {
    const app = await startWithSessions();
    const [ada, bob] = [await loggedIn(app, 'ada'), await loggedIn(app, 'bob')];

    const ofAda = await client.connect(app, { headers: { cookie: ada } });
    const ofBob = await client.connect(app, { headers: { cookie: bob } });

    expect((await ofAda('get', '/whoami')).body).toMatchObject({ user: 'ada' });
    expect((await ofBob('get', '/whoami')).body).toMatchObject({ user: 'bob' });
  });

  it('begins with the first cookie of an answer if the handshake had none, and ends with the connection', async () => {
    const app = await startWithSessions();
    const [one, other] = [await client.connect(app), await client.connect(app)];

    const answer = await one('post', '/login', { name: 'ada' });
    await one('post', '/count');
    await one('post', '/count');

    expect(answer.statusCode).toBe(201);
    expect((await one('get', '/whoami')).body).toEqual({ user: 'ada', count: 2 });
    expect((await other('get', '/whoami')).body).toEqual({ user: null, count: 0 });
    expect((await (await client.connect(app))('get', '/whoami')).body).toEqual({ user: null, count: 0 });
  });

  it('begins so beside cookies of the handshake that have nothing to do with it', async () => {
    const app = await startWithSessions();
    const one = await client.connect(app, { headers: { cookie: 'theme=dark; lang=en' } });

    await one('post', '/login', { name: 'ada' });

    expect((await one('get', '/whoami')).body).toMatchObject({ user: 'ada' });
    const { cookies } = (await one('get', '/cookies')).body as { cookies: string[] };
    expect(cookies).toEqual(['theme=dark', 'lang=en', expect.stringMatching(`^${SESSION_COOKIE}=`)]);
  });

  it('is never shown to the client: no answer has a cookie', async () => {
    const app = await startWithSessions();
    const one = await client.connect(app);

    const answers = [
      await one('post', '/login', { name: 'ada' }),
      await one('get', '/whoami'),
      await one('post', '/cookies', { lines: ['a=1', 'b=2; HttpOnly'] }),
    ];

    for (const { headers } of answers) expect(Object.keys(headers)).not.toContain('set-cookie');
    expect(JSON.stringify(answers)).not.toContain(`${SESSION_COOKIE}=`);
  });

  it.each(['Max-Age=0', 'Max-Age=-1', 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'])(
    'ends with an answer that takes the cookie away (%s), also if it came with the handshake',
    async (by) => {
      const app = await startWithSessions();
      const cookie = await loggedIn(app, 'ada');
      const [shared, own] = [await client.connect(app, { headers: { cookie } }), await client.connect(app)];
      await own('post', '/login', { name: 'bob' });

      for (const one of [shared, own]) {
        const { statusCode } = await one('post', `/logout?by=${encodeURIComponent(by)}`);
        expect(statusCode).toBe(201);
        expect((await one('get', '/cookies')).body).toEqual({ cookies: [] });
        expect((await one('get', '/whoami')).body).toEqual({ user: null, count: 0 });
      }
      expect((await app.request('GET', '/whoami', undefined, { cookie })).body).toMatchObject({ user: null });
    },
  );

  it('begins anew with a login after a logout', async () => {
    const app = await startWithSessions();
    const one = await client.connect(app, { headers: { cookie: await loggedIn(app, 'ada') } });
    await one('post', '/logout');

    await one('post', '/login', { name: 'bob' });

    expect((await one('get', '/whoami')).body).toMatchObject({ user: 'bob' });
  });

  it('that a login begins anew is the new one from then on, and the old one is over', async () => {
    const app = await startWithSessions();
    const cookie = await loggedIn(app, 'ada');
    const one = await client.connect(app, { headers: { cookie } });

    await one('post', '/login/anew', { name: 'bob' });

    expect((await one('get', '/whoami')).body).toMatchObject({ user: 'bob' });
    expect((await app.request('GET', '/whoami', undefined, { cookie })).body).toMatchObject({ user: null });
  });

  it('works with a cookie for TLS only where a proxy says that the handshake came by TLS', async () => {
    const app = await startWithSessions({ platform: platformBehind(true), secure: true });
    const headers = { 'x-forwarded-proto': 'https' };
    const [one, byPlainHttp] = [await client.connect(app, { headers }), await client.connect(app)];

    for (const each of [one, byPlainHttp]) await each('post', '/login', { name: 'ada' });

    expect((await one('get', '/whoami')).body).toMatchObject({ user: 'ada' });
    expect((await byPlainHttp('get', '/whoami', undefined, headers)).body).toMatchObject({ user: null });
  });

  it('that HTTP has ended is over for the socket, too', async () => {
    const app = await startWithSessions();
    const cookie = await loggedIn(app, 'ada');
    const one = await client.connect(app, { headers: { cookie } });
    expect((await one('get', '/whoami')).body).toMatchObject({ user: 'ada' });

    await app.request('POST', '/logout', {}, { cookie });

    expect((await one('get', '/whoami')).body).toMatchObject({ user: null });
  });

  it.each([
    ['a header', { headers: { nosession: 'true' } }],
    ['the query', { query: { nosession: 'true' } }],
  ])(
    'is none for a connection that says "nosession" in %s of its handshake',
    async (_where, options: ConnectOptions) => {
      const app = await startWithSessions();
      const cookie = await loggedIn(app, 'ada');
      const one = await client.connect(app, { ...options, headers: { ...options.headers, cookie } });

      expect((await one('get', '/whoami')).body).toMatchObject({ user: null });
      await one('post', '/login', { name: 'bob' });
      await one('post', '/count', {}, { nosession: 'false' });

      expect((await one('get', '/whoami', undefined, { nosession: 'false' })).body).toEqual({ user: null, count: 0 });
      expect((await app.request('GET', '/whoami', undefined, { cookie })).body).toEqual({ user: 'ada', count: 0 });
    },
  );

  it('is none for a request that says "nosession", and there again for the next', async () => {
    const app = await startWithSessions();
    const one = await client.connect(app, { headers: { cookie: await loggedIn(app, 'ada') } });

    const without = await one('get', '/whoami', undefined, { nosession: 'true' });
    await one('post', '/login', { name: 'bob' }, { nosession: 'true' });
    const withIt = await one('get', '/whoami');

    expect(without.body).toMatchObject({ user: null });
    expect(withIt.body).toMatchObject({ user: 'ada' });
  });
});

describe('cookies of a connection', () => {
  const connected = async (options?: ConnectOptions): Promise<Ask> =>
    plainClient.connect(await startWithSessions(), options);
  const cookiesAt = async (one: Ask, url: string): Promise<string[]> =>
    ((await one('get', url)).body as { cookies: string[] }).cookies;
  const set = (one: Ask, url: string, ...lines: string[]): Promise<Answer> => one('post', url, { lines });

  it('come along where their path says', async () => {
    const one = await connected();

    await set(one, '/cookies', 'everywhere=1; Path=/', 'inArea=1; Path=/area', 'inInner=1; path=/area/inner/');

    expect(await cookiesAt(one, '/area/inner/cookies')).toEqual(['inInner=1', 'inArea=1', 'everywhere=1']);
    expect(await cookiesAt(one, '/cookies')).toEqual(['everywhere=1']);
    expect(await cookiesAt(one, '/areas/cookies')).toEqual(['everywhere=1']);
    expect(await cookiesAt(one, '/area/cookies?x=/area/inner/')).toEqual(['inArea=1', 'everywhere=1']);
  });

  it('without a path belong to the folder that set them', async () => {
    const one = await connected();

    await set(one, '/area/inner/cookies', 'here=1');
    await set(one, '/cookies', 'root=1');

    expect(await cookiesAt(one, '/cookies')).toEqual(['root=1']);
    expect(await cookiesAt(one, '/area/cookies')).toEqual(['root=1']);
    expect(await cookiesAt(one, '/area/inner/cookies')).toEqual(['here=1', 'root=1']);
  });

  it('of one path hide those of the handshake there, and nowhere else', async () => {
    const one = await connected({ headers: { cookie: 'theme=dark; lang=en' } });

    await set(one, '/area/cookies', 'theme=light; Path=/area');

    expect(await cookiesAt(one, '/cookies')).toEqual(['theme=dark', 'lang=en']);
    expect(await cookiesAt(one, '/area/cookies')).toEqual(['lang=en', 'theme=light']);
  });

  it('are replaced by name and path, and end in time', async () => {
    const one = await connected();

    await set(one, '/cookies', 'a=1; Path=/', 'b=1; Path=/', 'c=1; Path=/; Max-Age=3600');
    await set(
      one,
      '/cookies',
      'a=2; Path=/',
      'b=; Path=/; Max-Age=0',
      'c=2; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60',
    );

    expect(await cookiesAt(one, '/cookies')).toEqual(['a=2', 'c=2']);
  });

  it('keep values that contain what else ends one', async () => {
    const one = await connected();

    await set(one, '/cookies', 'token=a=b==; Path=/', 'quoted="x y"; Path=/');

    expect(await cookiesAt(one, '/cookies')).toEqual(['token=a=b==', 'quoted="x y"']);
  });

  it('that are none are passed over', async () => {
    const one = await connected();

    await set(one, '/cookies', 'nothing', '=value', '; Path=/', 'good=1; Path=nowhere; Max-Age=soon; Expires=never');

    expect(await cookiesAt(one, '/cookies')).toEqual(['good=1']);
  });

  it('are kept up to a number, however many the application sets; those in use stay', async () => {
    const one = await connected();
    await one('post', '/login', { name: 'ada' });

    for (let folder = 0; folder < 4; folder++) {
      const lines = Array.from({ length: 40 }, (_, number) => `c${number}=1; Path=/area/${folder}`);
      await set(one, '/cookies', ...lines);
    }
    expect((await one('get', '/whoami')).body).toMatchObject({ user: 'ada' });

    await set(one, '/cookies', ...Array.from({ length: 200 }, (_, number) => `c${number}=1`));
    expect(await cookiesAt(one, '/cookies')).toHaveLength(50);
  });

  it('are those of all its namespaces, and of no other connection', async () => {
    const app = await startWithSessions();
    app.sockets.server.of('/admin');
    const manager = new Manager(app.url, { transports: ['websocket'], reconnection: false });
    const sockets = ['/', '/admin'].map((namespace) => manager.socket(namespace));
    onTestFinished(() => sockets.forEach((socket) => socket.disconnect()));
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('connect', resolve))));
    const [root, admin] = sockets.map(asking);

    await root('post', '/login', { name: 'ada' });
    await admin('post', '/count');

    expect((await root('get', '/whoami')).body).toEqual({ user: 'ada', count: 1 });
    expect((await admin('get', '/whoami')).body).toEqual({ user: 'ada', count: 1 });
    const other = await app.connect({ namespace: '/admin' });
    expect((await asking(other.socket)('get', '/whoami')).body).toEqual({ user: null, count: 0 });
  });

  it('go along by polling as well, where the handshake is an ordinary request', async () => {
    const app = await startWithSessions();
    const cookie = await loggedIn(app, 'ada');
    const socket = io(app.url, {
      transports: ['polling'],
      extraHeaders: { cookie },
      reconnection: false,
      forceNew: true,
    });
    onTestFinished(() => void socket.disconnect());

    expect((await asking(socket)('get', '/whoami')).body).toMatchObject({ user: 'ada' });
  });
});
