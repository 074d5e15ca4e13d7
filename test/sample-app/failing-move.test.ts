import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type SocketsClient } from '../../src/front-ends/client/index.js';
import { RunningApp } from './support/running-app.js';

describe('A move of a card that fails after it was noted on the board that the card leaves', () => {
  let app: RunningApp;
  let ada: SocketsClient;
  let grace: SocketsClient;
  const heard: [event: string, message: unknown][] = [];

  beforeAll(async () => {
    app = await RunningApp.start();
    ada = connect(app.url, { extraHeaders: { cookie: await app.signIn('Ada Lovelace') } });
    grace = connect(app.url, { extraHeaders: { cookie: await app.signIn('Grace Hopper') } });
    for (const path of ['/boards/1/cards', '/boards/2/cards']) await grace.get(path);
    for (const board of [1, 2]) await grace.put(`/boards/${board}/visit`);
    grace.socket.onAny((event: string, message: unknown) => heard.push([event, message]));
    // The second note is refused: that on the board where the card arrives.
    app.query(`CREATE TRIGGER refuse BEFORE INSERT ON activity WHEN NEW.boardId = 2
               BEGIN SELECT RAISE(ABORT, 'refused'); END`);
  });

  afterAll(async () => {
    ada?.close();
    grace?.close();
    await app?.dispose();
  });

  const card = () => app.query('SELECT boardId, version FROM card WHERE id = 5');

  it('moves nothing, and is told to nobody', async () => {
    const before = card();
    const { length: notes } = app.query('SELECT id FROM activity');

    await expect(ada.patch('/boards/1/cards/5', { boardId: 2 })).rejects.toMatchObject({ statusCode: 500 });

    const greeted = new Promise((resolve) => grace.socket.once('hello', resolve));
    await ada.post('/boards/1/hello');
    await greeted;
    expect(heard.filter(([event]) => event !== 'hello')).toEqual([]);
    expect(card()).toEqual(before);
    expect(app.query('SELECT id FROM activity')).toHaveLength(notes);
  });

  it('is told once it succeeds', async () => {
    app.query('DROP TRIGGER refuse');
    const noted = new Promise<void>((resolve) => {
      grace.on<{ boardId: number }>('activity', (message) => {
        if (message.verb === 'created' && message.data.boardId === 2) resolve();
      });
    });

    await ada.patch('/boards/1/cards/5', { boardId: 2 });

    await noted;
    expect(card()).toMatchObject([{ boardId: 2 }]);
  });
});
