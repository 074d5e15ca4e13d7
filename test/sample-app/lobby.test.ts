import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type SocketsClient } from '../../src/front-ends/client/index.js';
import { RunningApp } from './support/running-app.js';

describe('The lobby of the sample application', () => {
  let app: RunningApp;
  const clients: SocketsClient[] = [];

  beforeAll(async () => {
    app = await RunningApp.start();
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await app?.dispose();
  });

  async function open(name: string, namespace = ''): Promise<SocketsClient> {
    const client = connect(app.url + namespace, { extraHeaders: { cookie: await app.signIn(name) } });
    clients.push(client);
    await new Promise<void>((resolve) => client.onState(({ status }) => void (status === 'connected' && resolve())));
    return client;
  }

  it('announces public boards, and no private ones, to whoever is signed in and connects', async () => {
    const [lobby, ada] = [await open('Grace Hopper', '/lobby'), await open('Ada Lovelace')];
    const announced: unknown[] = [];
    const last = new Promise<void>((resolve) => {
      lobby.on<{ title: string }>('board', (message) => {
        if (message.verb === 'created') announced.push(message.data.title);
        if (announced.includes('Orchard')) resolve();
      });
    });

    await ada.post('/boards', { title: 'Secret garden', isPrivate: true });
    await ada.post('/boards', { title: 'Orchard' });

    await last;
    expect(announced).toEqual(['Orchard']);
  });

  it('lets in nobody who is not', async () => {
    const client = connect(`${app.url}/lobby`);
    clients.push(client);

    const reason = await new Promise((resolve) => client.onState((state) => state.reason && resolve(state.reason)));

    expect(reason).toMatchObject({ statusCode: 401 });
  });

  it('boots without a warning', () => {
    expect(app.log).not.toContain('WARN');
  });
});
