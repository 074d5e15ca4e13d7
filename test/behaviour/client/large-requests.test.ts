import { WebSocketGateway } from '@nestjs/websockets';
import type {
  ClientOptions,
  ConnectionStatus,
  Repetition,
  RequestError,
  SocketsClient,
} from '../../../src/front-ends/client/index.js';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { client, failure, reaches } from './support/client.js';
import { Journal, startDesk } from './support/desk.js';
import { Line } from './support/line.js';

const LIMIT = 4_000;

/** The id of a change would make requests differ in size. */
const headers = { 'mutation-id': 'x' };

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {}

async function startLimited(): Promise<Awaited<ReturnType<typeof startDesk>>> {
  const imports = [SocketsModule.forRoot({ server: { maxHttpBufferSize: LIMIT } })];
  return startDesk({ imports, providers: [Journal, AdminGateway] });
}

/** Creates a client, and notes the states that its connection has from now on. */
async function connected(
  url: string,
  options: ClientOptions,
): Promise<{ sockets: SocketsClient; states: ConnectionStatus[] }> {
  const sockets = client(url, { headers, ...options });
  await reaches(sockets, 'connected');
  const states: ConnectionStatus[] = [];
  sockets.onState(({ status }) => states.push(status));
  return { sockets, states };
}

const sizeIn = (message: string): number => Number(/takes (\d+) bytes/.exec(message)?.[1]);

describe.each([
  ['a websocket', 'websocket', ''],
  ['polling', 'polling', ''],
  ['a websocket in a namespace', 'websocket', '/admin'],
])('A request over %s that is larger than the server accepts', (_, transport, namespace) => {
  const options = { transports: [transport] };

  it('is refused at once, and says its size, the limit and the option', async () => {
    const { app, journal } = await startLimited();
    const { sockets, states } = await connected(app.url + namespace, options);

    const error = await failure(sockets.post('/notes', { text: 'x'.repeat(LIMIT) }));
    await sockets.get('/notes');

    expect(error).toMatchObject({ statusCode: 413, code: 'PAYLOAD_TOO_LARGE', sent: false, body: undefined });
    expect(error.message).toMatch(
      /^POST \/notes: .* takes \d+ bytes and the server accepts 4000\. .*maxHttpBufferSize/,
    );
    expect(states).toEqual(['connected']);
    expect(journal.entries).toEqual(['read']);
  });

  it.each([
    ['ASCII', 'x', 1],
    ['two bytes', 'ö', 2],
    ['three bytes', '水', 3],
    ['four bytes', '🂡', 4],
    ['an escape', '\n', 2],
  ])('is told from the largest that it accepts by the byte: of %s', async (_kind, character, bytes) => {
    const { app } = await startLimited();
    const { sockets, states } = await connected(app.url + namespace, options);
    const post = (count: number, rest: number): Promise<unknown> =>
      sockets.post('/echo', { text: character.repeat(count) + 'x'.repeat(rest) });
    const { message } = await failure(post(LIMIT, 0));
    const room = LIMIT - (sizeIn(message) - LIMIT * bytes);
    const [count, rest] = [Math.floor(room / bytes), room % bytes];

    expect(await post(count, rest)).toMatchObject({ statusCode: 200 });
    const error = await failure(post(count, rest + 1));

    expect(sizeIn(error.message)).toBe(LIMIT + 1);
    expect(states).toEqual(['connected']);
  });

  it('leaves alone the requests that are under way', async () => {
    const { app, journal, desk } = await startLimited();
    const { sockets, states } = await connected(app.url + namespace, options);
    const neighbour = sockets.post('/gate/a');
    await journal.has('a');

    await failure(sockets.post('/notes', { text: 'x'.repeat(LIMIT) }));
    desk.openGate();

    expect(await neighbour).toMatchObject({ body: { name: 'a' } });
    expect(states).toEqual(['connected']);
  });
});

describe('What counts as large', () => {
  it.each([
    ['a websocket', 'websocket', LIMIT],
    // Polling carries bytes as base64.
    ['polling', 'polling', 2_998],
  ])('are the bytes of binary data, each apart from the text: over %s', async (_, transport, most) => {
    const { app } = await startLimited();
    const { sockets, states } = await connected(app.url, { transports: [transport] });
    const post = (size: number): Promise<{ statusCode: number }> =>
      sockets.post<ArrayBuffer>('/echo', new Uint8Array(size), {
        headers: { ...headers, 'content-type': 'application/octet-stream' },
      });

    expect(await failure(post(most + 3))).toMatchObject({ statusCode: 413, sent: false });
    // Whether the platform can read such a body or not.
    const { statusCode } = await post(most - 1).catch((error: unknown) => error as RequestError);
    expect([200, 415]).toContain(statusCode);
    expect(states).toEqual(['connected']);
  });

  it('is a small request never: many of them at once do not add up', async () => {
    const { app } = await startLimited();
    const { sockets, states } = await connected(app.url, { transports: ['polling'] });

    const answers = await Promise.all(
      Array.from({ length: 30 }, () => sockets.post('/echo', { text: 'x'.repeat(900) })),
    );

    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(30).fill(200));
    expect(states).toEqual(['connected']);
  });

  it('is known of a request that waited for the connection once there is one', async () => {
    const { app, journal } = await startLimited();
    const sockets = client(app.url);

    const large = failure(sockets.post('/notes', { text: 'x'.repeat(LIMIT) }));
    await sockets.post('/notes', { text: 'small' });

    expect(await large).toMatchObject({ statusCode: 413, sent: false });
    expect(journal.entries).toEqual(['small']);
  });

  it('is what the next server accepts, after a reconnect', async () => {
    const { app } = await startLimited();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    await sockets.get('/notes');
    line.cut();
    await reaches(sockets, 'reconnecting');

    const large = failure(sockets.post('/notes', { text: 'x'.repeat(LIMIT) }));
    line.mend();
    await reaches(sockets, 'connected');

    expect(await large).toMatchObject({ statusCode: 413, sent: false });
  });

  it('is also known of a connection that connect() opened again', async () => {
    const { app } = await startLimited();
    const sockets = client(app.url);
    await sockets.get('/notes');
    sockets.close();
    sockets.connect();
    await sockets.get('/notes');

    expect(await failure(sockets.post('/notes', { text: 'x'.repeat(LIMIT) }))).toMatchObject({ statusCode: 413 });
  });

  it('holds for what the client sends by itself, too', async () => {
    const { app } = await startLimited();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');
    const ids = Array.from({ length: 900 }, (_, n) => 100_000 + n);

    expect(await failure(sockets.unsubscribe('note', ids))).toMatchObject({ statusCode: 413, sent: false });
    expect(sockets.state.status).toBe('connected');
  });

  it('is a repetition, too, whose listener is told, and whose next one is sent', async () => {
    const { app } = await startLimited();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const outcomes: unknown[] = [];
    const repeat = ({ response, error }: Repetition): void => void outcomes.push(error?.code ?? response?.statusCode);
    await sockets.get('/notes', undefined, { repeat });

    for (const large of ['x'.repeat(LIMIT), undefined]) {
      sockets.headers['x-large'] = large;
      line.cut();
      await reaches(sockets, 'reconnecting');
      line.mend();
      await reaches(sockets, 'connected');
    }
    await sockets.get('/notes');

    expect(outcomes).toEqual(['PAYLOAD_TOO_LARGE', 200]);
  });

  it('leaves subscriptions alone', async () => {
    const { app } = await startLimited();
    const sockets = client(app.url);
    const heard: unknown[] = [];
    sockets.on('note', ({ id }) => heard.push(id));
    await sockets.get('/notes');

    await failure(sockets.post('/notes', { text: 'x'.repeat(LIMIT) }));
    await app.channel('note').publishCreate({ id: 9 });
    await sockets.get('/echo');

    expect(heard).toEqual([9]);
  });
});
