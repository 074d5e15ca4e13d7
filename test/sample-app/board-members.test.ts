import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect, RequestError, type SocketsClient } from '../../src/front-ends/client/index.js';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { RunningApp } from './support/running-app.js';
import { Visitor } from './support/visitor.js';

/** A private board of Ada's, from the demo data. */
const board = '/boards/3';
const grace = 2;

describe('The members of a private board', () => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start();
  });

  afterAll(() => app?.dispose());

  async function connectAs(name: string): Promise<SocketsClient> {
    const sockets = connect(app.url, { extraHeaders: { cookie: await app.signIn(name) } });
    onTestFinished(() => sockets.close());
    return sockets;
  }

  const refusalOf = (request: Promise<unknown>) =>
    request.then(
      () => undefined,
      (error: unknown) => (error as RequestError).statusCode,
    );

  it('are chosen by its owner, and public boards have none', async () => {
    const [ada, gracesOwn] = [await connectAs('Ada Lovelace'), await connectAs('Grace Hopper')];
    await ada.put(`${board}/members/${grace}`);

    expect(await refusalOf(gracesOwn.put(`${board}/members/3`))).toBe(403);
    expect(await refusalOf(gracesOwn.delete(`${board}/members/${grace}`))).toBe(403);
    expect(await refusalOf(ada.put('/boards/1/members/3'))).toBe(409);
    expect(await refusalOf(ada.put(`${board}/members/4711`))).toBe(404);
    expect(app.query('select memberId from board_member where boardId = 3')).toEqual([{ memberId: grace }]);
    await ada.delete(`${board}/members/${grace}`);
  });

  it('lose what they had read when they are removed, on all connections, and cannot read it again', async () => {
    const ada = await connectAs('Ada Lovelace');
    await ada.put(`${board}/members/${grace}`);
    const connections = [await connectAs('Grace Hopper'), await connectAs('Grace Hopper')];
    const told = connections.map((sockets) => {
      const revocations: unknown[] = [];
      sockets.onRevoked((revocation) => revocations.push(revocation));
      return revocations;
    });
    for (const sockets of connections) {
      await sockets.put(`${board}/visit`);
      await sockets.get(board);
      await sockets.get(`${board}/cards`);
    }

    await ada.delete(`${board}/members/${grace}`);

    for (const [index, sockets] of connections.entries()) {
      expect(await refusalOf(sockets.get(board))).toBe(404);
      expect(await refusalOf(sockets.get(`${board}/cards`))).toBe(404);
      expect(await refusalOf(sockets.put(`${board}/visit`))).toBe(404);
      expect(told[index]).toEqual([
        { resource: 'board', ids: [3] },
        { resource: 'card', slice: { boardId: 3 } },
        { room: 'board:3' },
      ]);
    }

    const heard = connections.map((sockets) => {
      const events: unknown[] = [];
      sockets.socket.onAny((event: string) => events.push(event));
      return events;
    });
    for (const sockets of connections) await sockets.put('/boards/1/visit');
    await ada.patch(`${board}/cards/10`, { title: 'Bake it round' });
    await ada.post(`${board}/cards`, { title: 'Buy flour' });
    await ada.patch(board, { title: 'The tart' });
    await ada.post(`${board}/hello`);
    await ada.patch(board, { title: 'The cake' });
    await ada.patch(`${board}/cards/10`, { title: 'Bake it in the shape of a moth' });
    // A greeting on a public board arrives after all that.
    await ada.post('/boards/1/hello');
    await expect.poll(() => heard.map((events) => events.includes('hello'))).toEqual([true, true]);
    expect(heard).toEqual([['hello'], ['hello']]);
  });

  describe.skipIf(isBrowserMissing)('in the browsers', () => {
    let browser: Browser;
    let owner: Visitor;
    let guest: Visitor;

    beforeAll(async () => {
      browser = await launchBrowser();
      owner = await Visitor.enter(browser, app.url, 'Ada Lovelace');
      guest = await Visitor.enter(browser, app.url, 'Grace Hopper');
      await owner.tab('The cake').click();
      await owner.shows(owner.card('shape of a moth'));
      await owner.page.getByText('Members', { exact: true }).click();
    });

    afterAll(() => browser?.close());

    const membership = (): Locator => owner.page.getByRole('checkbox', { name: 'Grace Hopper' });

    it('see the board in their list as soon as they are added', async () => {
      await membership().check();

      await guest.tab('Private The cake').click();
      await guest.shows(guest.card('shape of a moth'), guest.page.getByText('Only its members can see this board'));
      await guest.shows(guest.activity('Ada Lovelace added Grace Hopper to the board').first());
      await owner.addCard('Candles');
      await guest.shows(guest.card('Candles'));
      expect(await guest.page.getByText('Members', { exact: true }).isVisible()).toBe(false);
    });

    it('lose it from the open page at once when they are removed, and receive nothing more about it', async () => {
      await guest.openCard('Candles');

      await membership().uncheck();

      await guest.showsToast('You are no longer a member of “The cake”');
      await guest.showsNoMore(guest.tab('The cake'));
      await guest.showsNoMore(guest.card('Candles'));
      await expect.poll(() => guest.page.locator('#card-dialog').isVisible()).toBe(false);
      await guest.shows(guest.card('Mend the greenhouse door'));
      await owner.shows(owner.activity('Ada Lovelace removed Grace Hopper from the board').first());

      const before = guest.received.frames.length;
      await owner.addCard('Sparklers');
      await owner.page.getByRole('button', { name: 'Move Candles to the right' }).click();
      await owner.shows(owner.activity('Ada Lovelace moved “Candles” to Doing'));
      await owner.openCard('Candles');
      await owner.comment('Not too many');
      await owner.closeCard();
      await owner.page.getByLabel('Board title').fill('The pie');
      await owner.page.keyboard.press('Enter');
      await owner.shows(owner.tab('The pie'));
      await owner.sayHello();

      // Once this has arrived, everything before it would have arrived, too.
      await owner.tab('Community garden').click();
      await owner.shows(owner.card('Mend the greenhouse door'));
      await owner.sayHello();
      await guest.showsToast('Ada Lovelace says hello');
      const heard = guest.received.messages.filter(({ event }) => event === 'hello');
      expect(heard).toHaveLength(1);
      const frames = guest.received.frames.slice(before).join('\n');
      expect(frames).not.toMatch(/Sparklers|Candles|Not too many|The pie|"boardId":3|"id":3\b|board:3/);
    });
  });
});
