import { Controller, Get, HttpCode, Param, ParseIntPipe, Patch, Query, Redirect, Res } from '@nestjs/common';
import ky, { HTTPError } from 'ky';
import type { IncomingMessage, ServerResponse } from 'node:http';
import createClient from 'openapi-fetch';
import { describe, expect, it } from 'vitest';
import { RequestError, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../src/index.js';
import type { TestApplication } from '../../support/application.js';
import { client, reaches } from './support/client.js';
import { DeskController, Journal, NotesController, startDesk } from './support/desk.js';

interface Card {
  id: number;
  title: string;
}

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): Card {
    return { id, title: 'a card' };
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number): Card {
    return { id, title: 'another title' };
  }
}

/** Answers of kinds that matter to `fetch`. */
@Controller('answers')
class AnswersController {
  @Get('nothing')
  @HttpCode(204)
  nothing(): void {}

  @Get('unchanged')
  @HttpCode(304)
  unchanged(): void {}

  @Get('text')
  text(@Query('say') say: string): string {
    return say;
  }

  @Get('quoted')
  quoted(@Res({ passthrough: true }) response: { header(name: string, value: string): unknown }): string {
    response.header('content-type', 'application/json');
    return '"a text in JSON"';
  }

  @Get('elsewhere')
  @Redirect('/answers/text', 302)
  elsewhere(): void {}
}

/** Answers with the type and the bytes of whatever was sent, as an upload does. */
function upload(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = { type: request.headers['content-type'], text: Buffer.concat(chunks).toString() };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
}

/** Answers with the same bytes. */
function mirror(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'image/png');
  request.pipe(response);
}

async function startAnswers(): Promise<{ app: TestApplication; desk: DeskController; journal: Journal }> {
  return startDesk({
    controllers: [NotesController, DeskController, CardsController, AnswersController],
    main: (nest) => void nest.use('/upload', upload).use('/mirror', mirror),
  });
}

describe('The fetch of the client', () => {
  it('takes a path, a URL of the server, a URL object and a Request', async () => {
    const { app } = await startAnswers();
    const { fetch } = client(app.url);
    const url = `${app.url}/notes`;

    for (const input of ['/notes', 'notes', url, new URL(url), new Request(url)]) {
      const response = await fetch(input);

      expect(response).toBeInstanceOf(Response);
      expect(response).toMatchObject({ ok: true, status: 200, url });
      expect(response.headers.get('content-type')).toMatch('application/json');
      expect(await response.json()).toEqual([{ id: 1, text: 'first' }]);
    }
  });

  it('sends method, query, headers and JSON, given beside the URL or in a Request', async () => {
    const { app } = await startAnswers();
    const { fetch } = client(app.url, { headers: { 'x-a': 'client', 'x-b': 'client' } });
    const init = {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-b': 'request' },
      body: '{"text":"hello"}',
    };

    for (const response of [
      await fetch('/echo?n=1#top', init),
      await fetch(new Request(`${app.url}/echo?n=1`, init)),
    ]) {
      expect(await response.json()).toMatchObject({
        method: 'PUT',
        query: { n: '1' },
        headers: { 'x-a': 'client', 'x-b': 'request' },
        body: { text: 'hello' },
      });
    }
  });

  it.each([
    { kind: 'text', body: () => 'hello', type: /^text\/plain/, text: 'hello' },
    { kind: 'a form', body: () => new URLSearchParams({ a: '1&2' }), type: /urlencoded/, text: 'a=1%262' },
    { kind: 'bytes', body: () => new Uint8Array([104, 105]), type: /octet-stream/, text: 'hi' },
    { kind: 'a Blob', body: () => new Blob(['hi'], { type: 'image/png' }), type: /^image\/png$/, text: 'hi' },
    { kind: 'a file in a form', body: fileInForm, type: /^multipart\/form-data; boundary=/, text: /name="file"[^]*hi/ },
  ])('sends $kind as it would over HTTP', async ({ body, type, text }) => {
    const { app } = await startAnswers();

    const response = await client(app.url).fetch('/upload', { method: 'POST', body: body() });

    expect(await response.json()).toEqual({ type: expect.stringMatching(type), text: expect.stringMatching(text) });
  });

  it('leaves it to the server to say that JSON is malformed', async () => {
    const { app } = await startAnswers();
    const headers = { 'content-type': 'application/json' };

    const response = await client(app.url).fetch('/notes', { method: 'POST', headers, body: '{"text":' });

    expect(response.status).toBe(400);
  });

  it.each([
    { path: '/answers/text?say=hello', status: 200, text: 'hello' },
    { path: '/answers/quoted', status: 200, text: '"a text in JSON"' },
    { path: '/answers/nothing', status: 204, text: '' },
    { path: '/answers/unchanged', status: 304, text: '' },
    { path: '/answers/elsewhere', status: 302, text: expect.anything() },
    { path: '/fails/named', status: 409, text: expect.stringContaining('"code":"TAKEN"') },
    { path: '/status/503', status: 503, text: expect.anything() },
    { path: '/nowhere', status: 404, text: expect.stringContaining('Cannot GET /nowhere') },
  ])('answers $path with $status, as over HTTP', async ({ path, status, text }) => {
    const { app } = await startAnswers();

    const [overSocket, overHttp] = [
      await client(app.url).fetch(path),
      await fetch(app.url + path, { redirect: 'manual' }),
    ];

    expect(overSocket.status).toBe(status);
    expect(overHttp.status).toBe(status);
    expect(overSocket.headers.get('location')).toBe(overHttp.headers.get('location'));
    if (text === '') expect(overSocket.body).toBeNull();
    expect(await overSocket.text()).toEqual(text);
  });

  it('answers HEAD without a body', async () => {
    const { app } = await startAnswers();

    const response = await client(app.url).fetch('/notes', { method: 'HEAD' });

    expect(response).toMatchObject({ status: 200, body: null });
  });

  it('answers bytes as bytes', async () => {
    const { app } = await startAnswers();

    const response = await client(app.url).fetch('/mirror', { method: 'POST', body: new Uint8Array([0, 1, 254, 255]) });

    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 1, 254, 255]);
  });

  it('subscribes by its reads, and omits the client from the changes that it makes', async () => {
    const { app } = await startAnswers();
    const [ada, bob] = [client(app.url), client(app.url)];
    const heard: string[] = [];
    const bobHears = new Promise((resolve) => bob.on<Card>('card', resolve));
    ada.on<Card>('card', ({ id }) => heard.push(`card ${id}`));
    for (const { fetch } of [ada, bob]) await fetch('/cards/1');

    await ada.fetch('/cards/1', { method: 'PATCH' });

    expect(await bobHears).toMatchObject({ verb: 'updated', id: 1, data: { title: 'another title' } });
    const marker = new Promise((resolve) => ada.socket.once('marker', resolve));
    await app.sockets.blast('marker', {});
    await marker;
    expect(heard).toEqual([]);
  });

  it('rejects with the reason of the abort, before, while it waits and once it is sent', async () => {
    const { app, journal } = await startAnswers();
    const sockets = client(app.url);
    const early = AbortSignal.abort();
    const [waiting, sent] = [new AbortController(), new AbortController()];

    await expect(sockets.fetch('/notes', { signal: early })).rejects.toMatchObject({ name: 'AbortError' });
    const unsent = sockets.fetch('/notes', { signal: waiting.signal });
    waiting.abort(new Error('no longer wanted'));
    await expect(unsent).rejects.toThrow('no longer wanted');
    const unanswered = sockets.fetch(new Request(`${app.url}/gate/one`, { signal: sent.signal }));
    await journal.has('one');
    sent.abort();

    await expect(unanswered).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('rejects with a TypeError if nobody answers, and keeps the reason', async () => {
    const { app, journal } = await startAnswers();
    const sockets = client(app.url);

    const lost = sockets.fetch('/gate/one').catch((error: unknown) => error);
    await journal.has('one');
    sockets.close();

    expect(await lost).toBeInstanceOf(TypeError);
    expect(await lost).toMatchObject({ cause: expect.any(RequestError) });
    expect(await lost).toMatchObject({ cause: { code: 'CLOSED', sent: true } });
  });

  it('answers 413 to what is too large for the connection, and says why', async () => {
    const { app } = await startAnswers();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');

    const response = await sockets.fetch('/upload', { method: 'POST', body: new Uint8Array(2_000_000) });

    expect(response.status).toBe(413);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      statusCode: 413,
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining('POST /upload: the request is not sent'),
    });
  });

  it('refuses other servers, and says what to do', async () => {
    const { app } = await startAnswers();

    await expect(client(app.url).fetch('https://example.com/notes')).rejects.toThrow(
      `https://example.com/notes is not of the server that connect() was given, ${app.url}. Give the library`,
    );
  });

  it('is of the server, whatever the namespace and the protocol of the URL', async () => {
    const { app } = await startAnswers();
    app.sockets.server.of('/admin');
    const sockets = client(`${app.url.replace('http', 'ws')}/admin`);

    expect((await sockets.fetch(`${app.url}/notes`)).url).toBe(`${app.url}/notes`);
  });
});

describe('Libraries that take a fetch', () => {
  it('openapi-fetch: reads that subscribe, changes and errors are those of the socket', async () => {
    const { app, journal } = await startAnswers();
    const sockets = client(app.url);
    const api = createClient<Paths>({ baseUrl: app.url, fetch: sockets.fetch });

    const { data: card } = await api.GET('/cards/{id}', { params: { path: { id: 1 } } });
    const { data: note } = await api.POST('/notes', { body: { text: 'second' } });
    const { error, response } = await api.GET('/fails/{kind}', { params: { path: { kind: 'plain' } } });

    expect(card?.title).toBe('a card');
    expect(note).toEqual({ id: 2, text: 'second' });
    expect(journal.entries).toContain('second');
    expect(response.status).toBe(404);
    expect(error?.message).toBe('no such note');
    await hears(sockets, app);
  });

  it('ky: with a prefix, its JSON and its errors', async () => {
    const { app } = await startAnswers();
    const sockets = client(app.url);
    const api = ky.create({ prefixUrl: app.url, fetch: sockets.fetch, retry: 0 });

    expect(await api.get('cards/1').json<Card>()).toEqual({ id: 1, title: 'a card' });
    expect(await api.post('notes', { json: { text: 'second' } }).json()).toEqual({ id: 2, text: 'second' });
    await expect(api.get('fails/plain')).rejects.toBeInstanceOf(HTTPError);
    await hears(sockets, app);
  });
});

describe('The headers for requests over HTTP', () => {
  it('name the socket, so that it does not receive its own change, and each change', async () => {
    const { app } = await startAnswers();
    const [ada, bob] = [client(app.url), client(app.url)];
    const mutations: Array<string | undefined> = [];
    const heardByAda: unknown[] = [];
    ada.on('card', (message) => heardByAda.push(message));
    const heardByBob = new Promise((resolve) => bob.on('card', (_, note) => resolve(mutations.push(note.mutation))));
    for (const sockets of [ada, bob]) await sockets.get('/cards/1');

    const headers = ada.httpHeaders();
    await fetch(`${app.url}/cards/1`, { method: 'PATCH', headers });

    await heardByBob;
    expect(mutations).toEqual([headers['mutation-id']]);
    expect(headers['x-socket-id']).toBe(ada.id);
    expect(ada.httpHeaders()['mutation-id']).not.toBe(headers['mutation-id']);
    const marker = new Promise((resolve) => ada.socket.once('marker', resolve));
    await app.sockets.blast('marker', {});
    await marker;
    expect(heardByAda).toEqual([]);
  });

  it('subscribe the socket of a read', async () => {
    const { app } = await startAnswers();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');

    await fetch(`${app.url}/cards/1`, { headers: sockets.httpHeaders() });

    await hears(sockets, app);
  });

  it('name no socket without a connection', async () => {
    const { app } = await startAnswers();

    expect(Object.keys(client(app.url).httpHeaders())).toEqual(['mutation-id']);
  });
});

/** What openapi-typescript would write about the routes above. */
interface Paths {
  '/cards/{id}': {
    get: {
      parameters: { path: { id: number } };
      responses: { 200: { content: { 'application/json': Card } } };
    };
  };
  '/notes': {
    post: {
      requestBody: { content: { 'application/json': { text: string } } };
      responses: { 201: { content: { 'application/json': { id: number; text: string } } } };
    };
  };
  '/fails/{kind}': {
    get: {
      parameters: { path: { kind: string } };
      responses: { 404: { content: { 'application/json': { message: string } } } };
    };
  };
}

function fileInForm(): FormData {
  const form = new FormData();
  form.append('file', new Blob(['hi']), 'greeting.txt');
  return form;
}

/** Resolves if the client is subscribed to card 1. */
async function hears(sockets: SocketsClient, app: TestApplication): Promise<void> {
  const message = new Promise((resolve) => sockets.on<Card>('card', resolve));
  await app.channel<Card>('card').publishUpdate(1, { title: 'news' });
  expect(await message).toMatchObject({ verb: 'updated', id: 1, data: { title: 'news' } });
}
