import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningApp } from './support/running-app.js';

describe('The sample application', () => {
  let app: RunningApp;
  let socket: Socket;

  beforeAll(async () => {
    app = await RunningApp.start();
    socket = io(app.url, { transports: ['websocket'] });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
  });

  afterAll(async () => {
    socket?.disconnect();
    await app?.dispose();
  });

  const open = (data?: unknown): Promise<unknown> => socket.timeout(5_000).emitWithAck('open board', data);

  async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(app.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-Member': '1', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return response.status;
  }

  describe('answers whoever opens a board', () => {
    it('with the board that is open now', async () => {
      await expect(open({ boardId: 2 })).resolves.toEqual({ boardId: 2 });
    });

    it('that there is no such board', async () => {
      await expect(open({ boardId: 4711 })).resolves.toEqual({
        statusCode: 404,
        code: 'NOT_FOUND',
        message: 'There is no board 4711',
      });
    });

    it.each([undefined, null, 1, 'board', [], {}, { boardId: '1' }, { boardId: 1.5 }])(
      'that %j names no board',
      async (data) => {
        await expect(open(data)).resolves.toMatchObject({ statusCode: 400, code: 'BAD_REQUEST' });
      },
    );

    it('even if an earlier one did not wait for the answer to a mistake', async () => {
      socket.emit('open board', { boardId: 4711 });
      await expect(open({ boardId: 1 })).resolves.toEqual({ boardId: 1 });
    });
  });

  describe('refuses', () => {
    it.each([
      ['a card without a title', 'POST', '/boards/1/cards', { title: '' }],
      ['a column that does not exist', 'POST', '/boards/1/cards', { title: 'Dig', column: 'never' }],
      ['a title that is null', 'PATCH', '/boards/1/cards/1', { title: null }],
      ['a position that is no number', 'PATCH', '/boards/1/cards/1', { position: 'top' }],
      ['a comment that is no text', 'POST', '/cards/1/comments', { text: { event: 'card' } }],
      ['a board whose id is no number', 'PATCH', '/boards/first', { title: 'Orchard' }],
    ])('%s', async (_, method, path, body) => {
      expect(await request(method, path, body)).toBe(400);
    });

    it('what nobody does', async () => {
      expect(await request('POST', '/boards', { title: 'Orchard' }, { 'X-Member': '' })).toBe(400);
    });

    it.each([
      ['a card of another board', 'PATCH', '/boards/2/cards/1', { title: 'Dig' }],
      ['a card for a board that does not exist', 'POST', '/boards/4711/cards', { title: 'Dig' }],
      ['a card for a member who does not exist', 'PATCH', '/boards/1/cards/1', { assigneeId: 4711 }],
      ['a vote of a member who does not exist', 'PUT', '/cards/1/voters/4711', undefined],
      ['a greeting for a board that does not exist', 'POST', '/boards/4711/hello', undefined],
    ])('%s, as it does not exist', async (_, method, path, body) => {
      expect(await request(method, path, body)).toBe(404);
    });

    it('and tells nobody', async () => {
      const heard: unknown[] = [];
      socket.onAny((...message) => heard.push(message));
      await open({ boardId: 1 });

      await request('PATCH', '/boards/1/cards/1', { title: '' });
      await request('PATCH', '/boards/1/cards/4711', { title: 'Dig' });
      const greeted = new Promise((resolve) => socket.once('hello', resolve));
      await request('POST', '/boards/1/hello');

      await expect(greeted).resolves.toEqual({ memberId: 1 });
      expect(heard).toEqual([['hello', { memberId: 1 }]]);
    });
  });

  it('takes an empty change for what it is', async () => {
    expect(await request('PATCH', '/boards/1/cards/1', {})).toBe(200);
  });
});
