import { HttpStatus } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { RequestError } from '../../../src/front-ends/client/index.js';
import { SocketsModule } from '../../../src/index.js';
import { differences } from '../../support/platform-differences.js';
import { client, failure } from './support/client.js';
import { type Note, startDesk } from './support/desk.js';

describe('A request of the client', () => {
  it('gets body, headers and status of the route', async () => {
    const { app } = await startDesk();

    const response = await client(app.url).get<Note[]>('/notes');

    expect(response).toEqual({ body: [{ id: 1, text: 'first' }], statusCode: 200, headers: expect.any(Object) });
    expect(response.headers['content-type']).toMatch('application/json');
  });

  it.each(['post', 'put', 'patch', 'delete'] as const)('sends its data as the body, by %s', async (method) => {
    const { app } = await startDesk();

    const { body } = await client(app.url)[method]('/echo', { text: 'hello', deep: [{ at: new Date(0) }] });

    expect(body).toMatchObject({
      method: method.toUpperCase(),
      body: { text: 'hello', deep: [{ at: '1970-01-01T00:00:00.000Z' }] },
    });
  });

  it('adds its data to the query, by get', async () => {
    const { app } = await startDesk();

    const { body } = await client(app.url).get('/echo?a=1', { b: 'two' });

    expect(body).toMatchObject({ method: 'GET', query: { a: '1', b: 'two' } });
  });

  it('gets headers without a body, by head, and is answered to options', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);

    expect(await sockets.head('/notes')).toMatchObject({ statusCode: 200, body: undefined });
    expect((await sockets.options('/echo')).body).toMatchObject({ method: 'OPTIONS' });
  });

  it('may be given as one object, the method in capitals or not', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);

    const put = await sockets.request({ method: 'PUT', url: '/echo', data: { n: 1 } });
    const get = await sockets.request({ method: 'get', url: '/echo', headers: { 'x-a': '1' } });

    expect(put.body).toMatchObject({ method: 'PUT', body: { n: 1 } });
    expect(get.body).toMatchObject({ method: 'GET', headers: { 'x-a': '1' } });
  });

  it('sends the headers of the client, and its own instead of those of the same name', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url, { headers: { 'X-A': 'client', 'X-B': 'client', 'X-C': 'client' } });
    sockets.headers['x-d'] = 'added';

    const { body } = await sockets.get('/echo', undefined, { headers: { 'x-b': 'request', 'x-c': undefined } });

    const { headers } = body as { headers: Record<string, string> };
    expect(headers).toMatchObject({ 'x-a': 'client', 'x-b': 'request', 'x-d': 'added' });
    expect(headers).not.toHaveProperty('x-c');
  });

  it('has read its data when it is called, even if it waits for the connection', async () => {
    const { app } = await startDesk();
    const note = { text: 'as it was' };
    const headers = { 'x-a': 'as it was' };
    const sockets = client(app.url, { headers });

    const answer = sockets.post('/echo', note);
    note.text = 'changed';
    sockets.headers['x-a'] = 'changed';

    expect(sockets.state.status).toBe('connecting');
    expect((await answer).body).toMatchObject({ body: { text: 'as it was' }, headers: { 'x-a': 'as it was' } });
  });

  it('carries bytes both ways', async () => {
    const { app } = await startDesk({ main: differences.readBinaryBodies });
    const sockets = client(app.url);
    const bytes = new Uint8Array([0, 1, 254, 255]);

    const { body } = await sockets.post('/bytes', bytes, { headers: { 'content-type': 'application/octet-stream' } });

    expect(Buffer.from(body as Uint8Array)).toEqual(Buffer.from(bytes));
  });

  it('speaks to the namespace in the URL', async () => {
    const { app } = await startDesk();
    app.sockets.server.of('/admin');

    const sockets = client(`${app.url}/admin`);

    expect((await sockets.get('/notes')).statusCode).toBe(200);
    expect(app.sockets.server.of('/admin').sockets.has(sockets.id!)).toBe(true);
  });

  it.each([true, false])(
    'succeeds where the server does not tell statuses (headers: %s)',
    async (sendResponseHeaders) => {
      const { app } = await startDesk({
        imports: [
          SocketsModule.forRoot({ requests: { sendStatusCode: false, sendResponseHeaders, maxResponseSize: 300 } }),
        ],
      });
      const sockets = client(app.url);

      expect(await sockets.get('/notes')).toMatchObject({ statusCode: 200, body: [{ id: 1, text: 'first' }] });
      expect(await sockets.head('/notes')).toMatchObject({ statusCode: 200, body: undefined });
      // What the server itself refuses says so in its body.
      const error = await failure(sockets.post('/echo', { text: 'long'.repeat(100) }));
      expect(error).toMatchObject({ statusCode: 413, code: 'PAYLOAD_TOO_LARGE' });
    },
  );

  it('works by polling, too', async () => {
    const { app } = await startDesk();

    const { body } = await client(app.url, { transports: ['polling'] }).post('/echo', { n: 1 });

    expect(body).toMatchObject({ body: { n: 1 } });
  });
});

describe('A request that the server refuses', () => {
  it.each([
    ['named', { statusCode: 409, code: 'TAKEN', message: 'somebody was first' }],
    ['plain', { statusCode: 404, code: 'NOT_FOUND', message: 'no such note' }],
    ['validation', { statusCode: 400, code: 'BAD_REQUEST', message: 'text must be a string, text is too short' }],
    ['text', { statusCode: 403, code: 'FORBIDDEN', message: 'go away' }],
    ['silent', { statusCode: 429, code: 'TOO_MANY_REQUESTS', message: 'GET /fails/silent failed with status 429' }],
    ['unexpected', { statusCode: 500, code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error' }],
  ])('rejects with a RequestError that says so (%s)', async (kind, expected) => {
    const { app } = await startDesk();

    const error = await failure(client(app.url).get(`/fails/${kind}`));

    expect(error).toMatchObject({ ...expected, name: 'RequestError', sent: true });
    expect(error.headers['content-type']).toMatch('json');
  });

  it('has the whole body of the answer', async () => {
    const { app } = await startDesk();

    const error: RequestError = await failure(client(app.url).get('/fails/named'));

    expect(error.body).toEqual({ statusCode: 409, code: 'TAKEN', message: 'somebody was first', by: 'ada' });
  });

  it('has a code, the status by its name, where the body has none', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const statuses = Object.values(HttpStatus).filter((status): status is HttpStatus => Number(status) >= 400);

    const errors = await Promise.all(statuses.map((status) => failure(sockets.get(`/status/${status}`))));

    expect(errors.length).toBeGreaterThan(30);
    expect(errors.map(({ code }) => code)).toEqual(statuses.map((status) => HttpStatus[status]));
  });

  it('is told of routes that are not there', async () => {
    const { app } = await startDesk();

    expect(await failure(client(app.url).delete('/nothing'))).toMatchObject({ statusCode: 404, code: 'NOT_FOUND' });
  });
});
