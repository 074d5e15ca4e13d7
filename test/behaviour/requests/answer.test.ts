import {
  BadRequestException,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  Header,
  HttpException,
  NotFoundException,
  Param,
  ParseIntPipe,
  Redirect,
  Res,
  StreamableFile,
  UnprocessableEntityException,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { ask, emitted } from './support/ask.js';

class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Teaching implements CanActivate {
  canActivate(): boolean {
    throw new HttpException({ code: 'SLOW_DOWN', retryAfter: 3 }, 429);
  }
}

@Controller('answers')
class AnswersController {
  @Get('object')
  object() {
    return { a: 1, nested: { list: [1, null] } };
  }

  @Get('array')
  array() {
    return [1, { two: 2 }, null];
  }

  @Get('empty-array')
  emptyArray() {
    return [];
  }

  @Get('null')
  @Header('content-type', 'application/json')
  null() {
    return 'null';
  }

  @Get('zero')
  @Header('content-type', 'application/json')
  zero() {
    return '0';
  }

  @Get('false')
  @Header('content-type', 'application/json')
  false() {
    return 'false';
  }

  @Get('json-text')
  @Header('content-type', 'application/json')
  jsonText() {
    return '"a text"';
  }

  @Get('nothing')
  nothing() {}

  @Get('text')
  text() {
    return 'a text: ü 猫';
  }

  @Get('bytes')
  bytes() {
    return new StreamableFile(Buffer.from([0, 255, 1]), { type: 'image/png' });
  }

  @Get('number/:number')
  number(@Param('number', ParseIntPipe) number: number) {
    return { number };
  }

  @Get('bad')
  bad() {
    throw new BadRequestException(['one mistake', 'another']);
  }

  @Get('missing')
  missing() {
    throw new NotFoundException('no such thing');
  }

  @Get('forbidden')
  forbidden() {
    throw new ForbiddenException({ reason: 'not yours' });
  }

  @Get('refused')
  @UseGuards(Refusing)
  refused() {}

  @Get('conflict')
  conflict() {
    throw new ConflictException();
  }

  @Get('unprocessable')
  unprocessable() {
    throw new UnprocessableEntityException({ fields: { name: 'too long' } });
  }

  @Get('too-many')
  @UseGuards(Teaching)
  tooMany() {}

  @Get('broken')
  broken() {
    throw new Error('a secret of the server');
  }

  @Get('moved')
  @Redirect('/answers/object', 302)
  moved() {}

  @Get('cookies')
  cookies(@Res({ passthrough: true }) response: ServerResponse & { raw?: ServerResponse }) {
    (response.raw ?? response).setHeader('set-cookie', ['secret=1; HttpOnly', 'other=2']);
    return { cookies: 'set' };
  }

  @Get('headers')
  @Header('X-Total', '12')
  headers(@Res({ passthrough: true }) response: ServerResponse & { raw?: ServerResponse }) {
    (response.raw ?? response).setHeader('X-List', ['a', 'b']);
    return {};
  }
}

const controllers = [AnswersController];

describe('Sails row 48: the answer', () => {
  it.each([
    ['object', { a: 1, nested: { list: [1, null] } }],
    ['array', [1, { two: 2 }, null]],
    ['empty-array', []],
    ['null', null],
    ['zero', 0],
    ['false', false],
    ['json-text', 'a text'],
    ['text', 'a text: ü 猫'],
  ])('has the body that the route gave: %s', async (name, expected) => {
    const app = await start({ controllers });
    const client = await app.connect();
    const answer = await ask(client, 'get', { url: `/answers/${name}` });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toStrictEqual(expected);
  });

  it('has no body where the route gave none', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    expect(await ask(client, 'get', { url: '/answers/nothing' })).not.toHaveProperty('body');
  });

  it.each([['websocket'], ['polling']])('has bytes where the route gave bytes, by %s', async (transport) => {
    const app = await start({ controllers });
    const client = await app.connect({ transports: [transport] });
    const { body, headers } = await ask(client, 'get', { url: '/answers/bytes' });
    expect(Buffer.isBuffer(body)).toBe(true);
    expect(body).toEqual(Buffer.from([0, 255, 1]));
    expect(headers['content-type']).toBe('image/png');
  });

  it('is the only argument of the acknowledgement', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const answer = await emitted(client, 'get', { url: '/answers/object' });
    expect(answer).toHaveLength(1);
    expect(Object.keys(answer[0] as object).sort()).toEqual(['body', 'headers', 'statusCode']);
  });

  it.each([
    ['bad', 400],
    ['number/seven', 400],
    ['refused', 403],
    ['forbidden', 403],
    ['missing', 404],
    ['not/a/route', 404],
    ['conflict', 409],
    ['unprocessable', 422],
    ['too-many', 429],
    ['broken', 500],
  ])('row 22: has the status and the body of the error, as over HTTP: %s', async (name, status) => {
    const app = await start({ controllers });
    const client = await app.connect();
    const url = `/answers/${name}`;
    const overHttp = await app.request('GET', url);
    const overSocket = await ask(client, 'get', { url });
    expect(overHttp.status).toBe(status);
    expect(overSocket).toMatchObject({ statusCode: status, body: overHttp.body });
    expect(JSON.stringify(overSocket)).not.toMatch(/secret|\.[jt]s:/);
  });

  it('is a redirect as it is, which nobody follows', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const { statusCode, headers } = await ask(client, 'get', { url: '/answers/moved' });
    expect({ statusCode, location: headers.location }).toEqual({ statusCode: 302, location: '/answers/object' });
  });

  it('has the headers of the response, by lower-case names', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const { headers } = await ask(client, 'get', { url: '/answers/headers' });
    expect(headers).toMatchObject({ 'x-total': '12', 'x-list': ['a', 'b'] });
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it('never shows a cookie', async () => {
    const app = await start({ controllers });
    const client = await app.connect();
    const answer = await ask(client, 'get', { url: '/answers/cookies' });
    expect(answer).toMatchObject({ statusCode: 200, body: { cookies: 'set' } });
    expect(JSON.stringify(answer)).not.toMatch(/set-cookie|secret/i);
  });

  it('has neither headers nor status where these are switched off', async () => {
    const requests = { sendResponseHeaders: false, sendStatusCode: false };
    const app = await start({ controllers, imports: [SocketsModule.forRoot({ requests })] });
    const client = await app.connect();
    expect(await ask(client, 'get', { url: '/answers/array' })).toEqual({ body: [1, { two: 2 }, null], headers: {} });
    expect(await ask(client, 'get', {})).toMatchObject({ body: { statusCode: 400 }, headers: {} });
  });
});
