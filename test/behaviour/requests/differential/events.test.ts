import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pinoHttp } from 'pino-http';
import { describe, expect, it } from 'vitest';
import { start } from '../../../support/application.js';
import { shared } from '../../../support/lifetime.js';
import { HttpCaller, overSocket, type Asked } from '../support/ask.js';

type Platforms<T> = T & { raw?: T };

const rawOf = <T>(one: Platforms<T>): T => one.raw ?? one;

@Controller('events')
class EventsController {
  @Get('plain')
  plain() {
    return { plain: true };
  }

  @Get('later')
  async later() {
    await new Promise((resolve) => setImmediate(resolve));
    return { later: true };
  }

  @Get('failed')
  failed() {
    throw new Error('failed');
  }

  @Get('nothing')
  @HttpCode(204)
  nothing() {}

  @Get('written')
  written(@Res() response: Platforms<ServerResponse>) {
    const raw = rawOf(response);
    raw.setHeader('content-type', 'text/plain');
    raw.write('written ');
    raw.end('by hand');
  }

  @Post('echo')
  echo(@Body() body: unknown) {
    return body;
  }

  @Get('listening')
  listening(@Req() request: Platforms<IncomingMessage>) {
    rawOf(request).on('data', () => {});
    return { listening: true };
  }
}

/** What a request and its response say of themselves. */
function stateOf(request: IncomingMessage, response: ServerResponse): Record<string, unknown> {
  return {
    // oxlint-disable-next-line typescript/no-deprecated -- middleware reads it
    aborted: request.aborted,
    complete: request.complete,
    readableAborted: request.readableAborted,
    errored: request.errored,
    written: response.writableEnded,
    finished: response.writableFinished,
  };
}

/** Middleware that keeps what happens to each request until both it and its response are closed. */
class Recorder {
  private readonly records: Array<Promise<unknown>> = [];

  readonly record = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const events: unknown[] = [];
    const note = (name: string) => () =>
      events.push(name.startsWith('response') ? [name, stateOf(request, response)] : name);
    for (const event of ['aborted', 'error', 'close'] as const) request.on(event, note(`request ${event}`));
    for (const event of ['finish', 'error', 'close'] as const) response.on(event, note(`response ${event}`));
    const closed = [request, response].map((one) => new Promise((resolve) => one.once('close', resolve)));
    this.records.push(
      Promise.all(closed).then(() => ({
        events: events.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
        after: { ...stateOf(request, response), destroyed: request.destroyed, ended: request.readableEnded },
      })),
    );
    next();
  };

  /** What happened to the last request. */
  async last(): Promise<unknown> {
    return this.records.at(-1);
  }
}

const recorder = new Recorder();
const lines: Array<{ msg: string; res: { statusCode: number } }> = [];

const recorded = shared(() => start({ controllers: [EventsController], main: (app) => void app.use(recorder.record) }));

/** Nothing but pino listens here. */
const logged = shared(() =>
  start({
    controllers: [EventsController],
    main: (app) => {
      app.use(pinoHttp({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0]) }));
    },
  }),
);

const asked: Asked[] = [
  { method: 'GET', url: '/events/plain' },
  { method: 'HEAD', url: '/events/plain' },
  { method: 'GET', url: '/events/later' },
  { method: 'GET', url: '/events/failed' },
  { method: 'GET', url: '/events/nothing' },
  { method: 'GET', url: '/events/written' },
  { method: 'GET', url: '/events/listening' },
  { method: 'GET', url: '/events/missing' },
  { method: 'POST', url: '/events/echo', data: { a: 1 } },
  { method: 'POST', url: '/events/missing', data: { a: 1 } },
  { method: 'POST', url: '/events/echo' },
];

describe('An answered request', () => {
  it.each(asked)('has been through the same as over HTTP: $method $url', async (request) => {
    const app = recorded();
    const http = new HttpCaller(app);
    const client = await app.connect();

    await http.ask(request);
    const overHttp = await recorder.last();
    await overSocket(client, request);

    expect(await recorder.last()).toEqual(overHttp);
  });
});

describe('pino-http', () => {
  it.each(asked)('says of a request over the socket what it says over HTTP: $method $url', async (request) => {
    const app = logged();
    const http = new HttpCaller(app);
    const client = await app.connect();
    lines.length = 0;

    await http.ask(request);
    await overSocket(client, request);

    await expect.poll(() => lines.length).toBe(2);
    expect([lines[1].msg, lines[1].res.statusCode]).toEqual([lines[0].msg, lines[0].res.statusCode]);
  });
});
