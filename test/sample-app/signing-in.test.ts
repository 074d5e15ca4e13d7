import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect, type ConnectionState, type SocketsClient } from '../../src/front-ends/client/index.js';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { RunningApp } from './support/running-app.js';
import { Visitor } from './support/visitor.js';

describe('Signing in to the sample application', () => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start();
  });

  afterAll(() => app?.dispose());

  function connectWith(cookie?: string): SocketsClient {
    const sockets = connect(app.url, { extraHeaders: cookie === undefined ? {} : { cookie }, forceNew: true });
    onTestFinished(() => sockets.close());
    return sockets;
  }

  const becomes = (sockets: SocketsClient, status: ConnectionState['status']): Promise<ConnectionState> =>
    new Promise((resolve) => sockets.onState((state) => state.status === status && resolve(state)));

  const signIn = (body: object): Promise<Response> =>
    fetch(`${app.url}/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('responds with the member, and with a cookie that no script can read', async () => {
    const response = await signIn({ name: 'Grace Hopper', password: 'open sesame' });

    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: 2, name: 'Grace Hopper' });
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/)]);
  });

  it.each([
    ['a wrong password', { name: 'Grace Hopper', password: 'open barley' }, 401],
    ['a name that nobody has', { name: 'Nobody', password: 'open sesame' }, 401],
    ['the password that unknown names are compared with', { name: 'Nobody', password: '' }, 400],
    ['no password', { name: 'Grace Hopper' }, 400],
    ['a condition instead of a name', { name: { not: '' }, password: 'open sesame' }, 400],
  ])('is refused for %s', async (_, body, status) => {
    const response = await signIn(body);

    expect(response.status).toBe(status);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('starts a new session, and ends the previous one with its connections', async () => {
    const former = await app.signIn('Grace Hopper');
    const sockets = connectWith(former);
    await sockets.get('/session');

    const headers = { 'Content-Type': 'application/json', cookie: former };
    const body = JSON.stringify({ name: 'Alan Turing', password: 'open sesame' });
    const response = await fetch(`${app.url}/session`, { method: 'POST', headers, body });

    expect(response.headers.getSetCookie()[0]).not.toContain(former);
    expect((await becomes(sockets, 'closed')).reason?.code).toBe('CLOSED_BY_SERVER');
    expect((await fetch(`${app.url}/session`, { headers: { cookie: former } })).status).toBe(401);
  });

  it.each([
    '/session',
    '/members',
    '/boards',
    '/boards/1',
    '/boards/1/cards',
    '/boards/1/activity',
    '/cards/1/comments',
  ])('is needed to read %s', async (path) => {
    expect((await fetch(app.url + path)).status).toBe(401);
  });

  it.each([
    ['no cookie', undefined],
    ['a cookie that somebody made up', 'connect.sid=s%3Amade-up.signature'],
  ])('is needed to connect: with %s there is no connection', async (_, cookie) => {
    const { reason } = await becomes(connectWith(cookie), 'closed');

    expect(reason).toMatchObject({ statusCode: 401, code: 'UNAUTHORIZED' });
  });

  it('identifies the same member over HTTP and over the socket', async () => {
    const cookie = await app.signIn('Katherine Johnson');
    const katherine = { id: 4, name: 'Katherine Johnson' };

    const response = await fetch(`${app.url}/session`, { headers: { cookie } });
    expect(await response.json()).toEqual(katherine);
    expect((await connectWith(cookie).get('/session')).body).toEqual(katherine);
  });

  it('ends by signing out: for open connections, new ones and requests', async () => {
    const cookie = await app.signIn('Katherine Johnson');
    const [one, two, stranger] = [
      connectWith(cookie),
      connectWith(cookie),
      connectWith(await app.signIn('Ada Lovelace')),
    ];
    await Promise.all([one, two, stranger].map((sockets) => sockets.get('/session')));

    const response = await fetch(`${app.url}/session`, { method: 'DELETE', headers: { cookie } });

    expect(response.status).toBe(204);
    for (const sockets of [one, two]) {
      expect((await becomes(sockets, 'closed')).reason?.code).toBe('CLOSED_BY_SERVER');
    }
    expect((await fetch(`${app.url}/boards`, { headers: { cookie } })).status).toBe(401);
    expect((await becomes(connectWith(cookie), 'closed')).reason?.statusCode).toBe(401);
    expect((await stranger.get('/session')).statusCode).toBe(200);
  });

  describe.skipIf(isBrowserMissing)('on the page', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchBrowser();
    });

    afterAll(() => browser?.close());

    async function open(): Promise<Visitor> {
      const context = await browser.newContext();
      onTestFinished(() => context.close());
      return Visitor.open(context, app.url);
    }

    it('comes first, says what is wrong, and then shows the boards', async () => {
      const visitor = await open();
      await visitor.shows(visitor.signInForm);
      expect(await visitor.page.locator('main').isVisible()).toBe(false);

      await visitor.signIn('Ada Lovelace', 'guess');
      await visitor.shows(visitor.page.getByRole('alert').getByText('Wrong name or password'));
      await visitor.signIn('Ada Lovelace');

      await visitor.shows(visitor.card('Mend the greenhouse door'), visitor.page.getByText('You are Ada Lovelace'));
      expect(await visitor.signInForm.isVisible()).toBe(false);
    });

    it('is remembered by the browser', async () => {
      const visitor = await open();
      await visitor.signIn('Grace Hopper');
      await visitor.shows(visitor.card('Mend the greenhouse door'));

      await visitor.page.reload();

      await visitor.shows(visitor.card('Mend the greenhouse door'), visitor.page.getByText('You are Grace Hopper'));
    });

    it('ends in all windows of the browser by signing out, which leaves nothing on the page', async () => {
      const visitor = await open();
      await visitor.signIn('Ada Lovelace');
      await visitor.shows(visitor.tab('The cake'));
      const other = await visitor.openAnother();
      await other.shows(other.tab('The cake'));

      await visitor.signOut();

      for (const window of [visitor, other]) {
        await window.shows(window.signInForm);
        expect(await window.page.content()).not.toContain('The cake');
      }
      await visitor.signIn('Grace Hopper');
      await visitor.shows(visitor.card('Mend the greenhouse door'), visitor.page.getByText('You are Grace Hopper'));
      await expect.poll(() => visitor.tab('The cake').count()).toBe(0);
    });
  });
});
