import { describe, expect, it } from 'vitest';
import { client, failure, reaches } from './support/client.js';
import { startDesk } from './support/desk.js';
import { Line } from './support/line.js';

describe('A request whose connection is lost midway', () => {
  it('fails and says that it may have been done', async () => {
    const { app, journal } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const answer = failure(sockets.post('/gate/a'));
    await journal.has('a');

    line.cut();

    expect(await answer).toMatchObject({
      code: 'CONNECTION_LOST',
      statusCode: 0,
      sent: true,
      message: 'POST /gate/a: the connection was lost before the response, so it may or may not have been done',
      cause: { code: 'CONNECTION_LOST' },
    });
  });

  it('is not sent a second time', async () => {
    const { app, journal, desk } = await startDesk();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const answers = ['a', 'b'].map((name) => failure(sockets.post(`/gate/${name}`)));
    await journal.has('b');

    line.cut();
    await Promise.all(answers);
    desk.openGate();
    line.mend();

    await sockets.post('/gate/c');
    expect(journal.entries).toEqual(['a', 'b', 'c']);
  });

  it('is not sent a second time where Socket.IO finds out only on sending that the connection is dead', async () => {
    const { app, journal } = await startDesk();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');
    const { engine } = sockets.socket.io as unknown as { engine: { _pingTimeoutTime: number } };
    // As after the computer slept: the server's next ping is overdue, but no timer has fired.
    engine._pingTimeoutTime = 1;

    const given = failure(sockets.post('/notes', { text: 'given up' }, { timeout: 1 }));
    const kept = sockets.post('/notes', { text: 'kept' });

    expect(sockets.socket.sendBuffer).toEqual([]);
    expect(await given).toMatchObject({ code: 'TIMEOUT', sent: false });
    expect((await kept).statusCode).toBe(201);
    await sockets.get('/notes');
    expect(journal.entries).toEqual(['kept', 'read']);
  });

  it('fails with CLOSED if it was the client that closed it', async () => {
    const { app, journal } = await startDesk();
    const sockets = client(app.url);
    const answer = failure(sockets.post('/gate/a'));
    await journal.has('a');

    sockets.close();

    expect(await answer).toMatchObject({ code: 'CLOSED', statusCode: 0, sent: true });
  });

  it('fails if it was the server that closed it', async () => {
    const { app, journal } = await startDesk();
    const sockets = client(app.url);
    const answer = failure(sockets.post('/gate/a'));
    await journal.has('a');

    await app.sockets.disconnect(sockets.id!);

    expect(await answer).toMatchObject({ code: 'CONNECTION_LOST', sent: true, cause: { code: 'CLOSED_BY_SERVER' } });
  });
});
