import { Body, Controller, Injectable, Post, Req } from '@nestjs/common';
import type { HttpRequest } from '../../src/index.js';
import type { TestApplication } from './application.js';

/** What is done with the request that a test sends. */
@Injectable()
export class Deed {
  run: (request: HttpRequest) => unknown = () => undefined;
}

@Controller('calls')
export class CallsController {
  constructor(private readonly deed: Deed) {}

  @Post()
  async call(@Req() request: HttpRequest, @Body() _body: unknown): Promise<void> {
    await this.deed.run(request);
  }
}

/** What an application needs for `withRequest`. */
export const caller = { controllers: [CallsController], providers: [Deed] };

/** Sends a real HTTP request and does something with it while it is being handled. Gives the status of the answer. */
export async function withRequest(
  app: TestApplication,
  headers: Record<string, string>,
  run: (request: HttpRequest) => unknown,
): Promise<number> {
  app.get(Deed).run = run;
  return (await app.request('POST', '/calls', {}, headers)).status;
}
