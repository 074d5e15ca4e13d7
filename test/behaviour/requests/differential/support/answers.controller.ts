import {
  All,
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Injectable,
  Ip,
  Post,
  Query,
  Redirect,
  Req,
  Res,
  Scope,
  StreamableFile,
} from '@nestjs/common';
import { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { of } from 'rxjs';

/** The part of both platforms' responses that is used. */
interface AnyResponse {
  setHeader?(name: string, value: string): void;
  header(name: string, value: string): void;
  status(code: number): AnyResponse;
  send(body?: unknown): void;
  raw?: ServerResponse;
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  private static made = 0;
  readonly isFresh = ++PerRequest.made > 0;
  calls = 0;
}

/** Routes with every kind of answer. */
@Controller('answers')
export class AnswersController {
  @Get('array')
  array() {
    return [1, 'two', { three: 3 }, null, []];
  }

  @Get('null')
  nothing() {
    return null;
  }

  @Get('undefined')
  undefined() {}

  @Get('zero')
  zero() {
    return 0;
  }

  @Get('number')
  number() {
    return 42.5;
  }

  @Get('true')
  true() {
    return true;
  }

  @Get('false')
  false() {
    return false;
  }

  @Get('string')
  string() {
    return 'a string, ünïcode, 猫';
  }

  @Get('json-text')
  @Header('content-type', 'text/plain')
  jsonText() {
    return '{"not":"read"}';
  }

  @Get('json-string')
  @Header('content-type', 'application/json')
  jsonString() {
    return '"a string"';
  }

  @Get('no-json')
  @Header('content-type', 'application/json')
  noJson() {
    return '{"cut off';
  }

  @Get('problem')
  @Header('content-type', 'application/problem+json')
  problem() {
    return { type: 'about:blank' };
  }

  @Get('empty-string')
  emptyString() {
    return '';
  }

  @Get('empty-object')
  emptyObject() {
    return {};
  }

  @Get('date')
  date() {
    return { at: new Date(0), nested: [{ at: new Date(86_400_000) }] };
  }

  @Get('html')
  @Header('content-type', 'text/html; charset=utf-8')
  html() {
    return '<p>hello</p>';
  }

  @Get('observable')
  observable() {
    return of(1, 2, { last: 3 });
  }

  @Get('promise')
  async promise() {
    await new Promise((resolve) => setImmediate(resolve));
    return { late: true };
  }

  @Get('file')
  file() {
    return new StreamableFile(Buffer.from([0, 1, 2, 250, 251, 252]), {
      type: 'image/x-cat',
      disposition: 'attachment; filename="cat.bin"',
      length: 6,
    });
  }

  @Get('text-file')
  textFile() {
    return new StreamableFile(Readable.from(['one ', 'two ', 'three']), { type: 'text/plain' });
  }

  @Get('bytes')
  @Header('content-type', 'application/octet-stream')
  bytes() {
    return new StreamableFile(Buffer.from([255, 254]));
  }

  @Get('headers')
  @Header('x-total', '12')
  @Header('X-Upper-Case', 'Kept')
  @Header('cache-control', 'max-age=60')
  headers() {
    return { headers: true };
  }

  @Get('teapot')
  @HttpCode(418)
  teapot() {
    return 'short and stout';
  }

  @Get('no-content')
  @HttpCode(204)
  noContent() {
    return { never: 'sent' };
  }

  @Get('redirect')
  @Redirect('/api/v1/answers/array', 301)
  redirect() {}

  @Get('redirect-by-value')
  @Redirect('/api/v1/answers/array')
  redirectByValue(@Query('to') to?: string) {
    return { url: to ?? '/api/v1/answers/zero', statusCode: 307 };
  }

  @Get('passthrough')
  passthrough(@Res({ passthrough: true }) response: AnyResponse) {
    response.header('x-passed', 'through');
    response.status(203);
    return { passed: 'through' };
  }

  @Get('by-hand')
  byHand(@Res() response: AnyResponse) {
    response.header('x-by', 'hand');
    response.status(299).send({ by: 'hand' });
  }

  @Get('raw')
  raw(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    raw.writeHead(200, 'Fine', { 'content-type': 'text/plain', 'x-raw': ['one', 'two'] });
    raw.write('written ');
    raw.write(Buffer.from('in '));
    raw.end('pieces');
  }

  @Get('raw-array')
  rawArray(@Res() response: AnyResponse & ServerResponse) {
    const raw = response.raw ?? response;
    raw.setHeader('x-list', ['a', 'b']);
    raw.writeHead(201, ['content-type', 'text/plain; charset=utf-8', 'x-raw', 'array']);
    raw.end('ready', 'utf8');
  }

  @Get('raw-nothing')
  rawNothing(@Res() response: AnyResponse & ServerResponse) {
    (response.raw ?? response).end();
  }

  @Get('not-modified')
  notModified(@Headers('if-none-match') tag?: string) {
    return { tag };
  }

  @Get('ip')
  ip(@Ip() ip: string) {
    return { ip };
  }

  @Get('given')
  given(@Headers() { accept, 'x-mine': mine, 'content-length': length, 'content-type': type }: Record<string, string>) {
    return { accept, mine, length, type };
  }

  @Get('query')
  query(@Query() query: Record<string, unknown>, @Req() { url }: { url: string }) {
    return { query, url };
  }

  @All('echo')
  echo(@Body() body: unknown, @Req() { method }: { method: string }) {
    return { method, body, kind: body === null ? 'null' : typeof body };
  }

  @Post('size')
  size(@Body() body: unknown) {
    return JSON.stringify(body).length;
  }
}

/** One instance for each request. */
@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor(private readonly perRequest: PerRequest) {}

  @Get()
  find() {
    return { calls: ++this.perRequest.calls, isFresh: this.perRequest.isFresh };
  }
}

export const scoped = { controllers: [ScopedController], providers: [PerRequest] };
