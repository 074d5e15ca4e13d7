import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type RequestMethod, RequestError, type SocketsClient } from '../../src/front-ends/client/index.js';
import { RunningApp } from './support/running-app.js';

describe('The sample application', () => {
  let app: RunningApp;
  let cookie: string;
  let sockets: SocketsClient;

  beforeAll(async () => {
    app = await RunningApp.start();
    cookie = await app.signIn('Ada Lovelace');
    sockets = connect(app.url, { extraHeaders: { cookie } });
  });

  afterAll(async () => {
    sockets?.close();
    await app?.dispose();
  });

  async function overHttp(method: string, path: string, body?: unknown, headers: Record<string, string> = { cookie }) {
    const response = await fetch(app.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return response.status;
  }

  async function overSocket(method: string, url: string, data?: unknown) {
    const answer = sockets.request({ method: method.toLowerCase() as RequestMethod, url, data });
    return answer.then(
      ({ statusCode }) => statusCode,
      (error: unknown) => (error instanceof RequestError ? error.statusCode : error),
    );
  }

  const both = (...request: [string, string, unknown?]) => Promise.all([overHttp(...request), overSocket(...request)]);

  describe('refuses, over HTTP and over the socket,', () => {
    it.each([
      ['a card without a title', 'POST', '/boards/1/cards', { title: '' }],
      ['a column that does not exist', 'POST', '/boards/1/cards', { title: 'Dig', column: 'never' }],
      ['a title that is null', 'PATCH', '/boards/1/cards/1', { title: null }],
      ['a position that is not a number', 'PATCH', '/boards/1/cards/1', { position: 'top' }],
      ['a comment that is not text', 'POST', '/cards/1/comments', { text: { event: 'card' } }],
      ['a board whose id is not a number', 'PATCH', '/boards/first', { title: 'Orchard' }],
      ['a board that is neither private nor public', 'POST', '/boards', { title: 'Orchard', isPrivate: 'maybe' }],
    ])('%s', async (_, method, path, body) => {
      expect(await both(method, path, body)).toEqual([400, 400]);
    });

    it.each([
      ['a board that does not exist', 'GET', '/boards/4711', undefined],
      ['the cards of a board that does not exist', 'GET', '/boards/4711/cards', undefined],
      ['what happened on a board that does not exist', 'GET', '/boards/4711/activity', undefined],
      ['a card of another board', 'PATCH', '/boards/2/cards/1', { title: 'Dig' }],
      ['a card for a board that does not exist', 'POST', '/boards/4711/cards', { title: 'Dig' }],
      ['a card for a member who does not exist', 'PATCH', '/boards/1/cards/1', { assigneeId: 4711 }],
      ['a vote for a card that does not exist', 'PUT', '/cards/4711/voters/1', undefined],
      ['a greeting for a board that does not exist', 'POST', '/boards/4711/hello', undefined],
    ])('%s, as not found', async (_, method, path, body) => {
      expect(await both(method, path, body)).toEqual([404, 404]);
    });

    it('a vote on behalf of somebody else', async () => {
      expect(await both('PUT', '/cards/1/voters/2')).toEqual([403, 403]);
    });

    it('and publishes nothing', async () => {
      const heard: unknown[] = [];
      sockets.socket.onAny((...message: unknown[]) => {
        // That nothing has been missed since the reads is no publication.
        if (message[0] !== 'sockets:recovered') heard.push(message);
      });
      await sockets.put('/boards/1/visit');
      await Promise.all(['/boards', '/boards/1/cards', '/boards/1/activity'].map((path) => sockets.get(path)));

      await overHttp('PATCH', '/boards/1/cards/1', { title: '' });
      await overHttp('PATCH', '/boards/1/cards/4711', { title: 'Dig' });
      const greeted = new Promise((resolve) => sockets.socket.once('hello', resolve));
      await overHttp('POST', '/boards/1/hello');

      await expect(greeted).resolves.toEqual({ memberId: 1 });
      expect(heard).toEqual([['hello', { memberId: 1 }]]);
    });
  });

  it('accepts an empty change', async () => {
    expect(await both('PATCH', '/boards/1/cards/1', {})).toEqual([200, 200]);
  });
});
