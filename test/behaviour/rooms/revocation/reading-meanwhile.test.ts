import {
  Controller,
  Get,
  Injectable,
  Param,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type NestInterceptor,
} from '@nestjs/common';
import { EventEmitter, once } from 'node:events';
import { mergeMap } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

/** Where a read waits until the test lets it go on: each place by its name. */
class Gates extends EventEmitter {
  readonly reached = new EventEmitter();

  async wait(place: string): Promise<void> {
    const open = once(this, place);
    this.reached.emit(place);
    await open;
  }
}

const gates = new Gates();

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await gates.wait('guard');
    return true;
  }
}

@Injectable()
class SlowInterceptor implements NestInterceptor {
  intercept(...[, next]: Parameters<NestInterceptor['intercept']>) {
    return next.handle().pipe(mergeMap((value) => gates.wait('interceptor').then(() => value as unknown)));
  }
}

@Controller()
@Resourceful('card')
class CardsController {
  @Get('guarded/:id')
  @UseGuards(SlowGuard)
  @SubscribeOnRead()
  guarded(@Param('id') id: string): object {
    return { id };
  }

  @Get('slow/:id')
  @SubscribeOnRead()
  async slow(@Param('id') id: string): Promise<object> {
    await gates.wait('handler');
    return { id };
  }

  @Get('intercepted/:id')
  @UseInterceptors(SlowInterceptor)
  @SubscribeOnRead()
  intercepted(@Param('id') id: string): object {
    return { id };
  }
}

const READS = [
  ['is still being judged by a guard', 'guarded', 'guard'],
  ['is being handled', 'slow', 'handler'],
  ['is on its way out', 'intercepted', 'interceptor'],
] as const;

describe('A revocation meanwhile', () => {
  const startApp = (): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user })],
      controllers: [CardsController],
      providers: [SlowGuard, SlowInterceptor],
    });

  /** Begins a read, and gives it when it has come to the place. */
  async function begin({ socket }: TestClient, url: string, place: string): Promise<{ answer: Promise<unknown> }> {
    const reached = once(gates.reached, place);
    const answer = socket.emitWithAck('get', { url });
    await reached;
    return { answer };
  }

  it.each(READS)('is not undone by a read that %s', async (_, path, place) => {
    const app = await startApp();
    const client = await app.connect({ auth: { user: 5 } });
    const { answer } = await begin(client, `/${path}/1`, place);
    await app.sockets.revoke({ user: 5, resource: 'card', ids: '1' });
    gates.emit(place);

    expect(await answer).toMatchObject({ statusCode: 200 });
    expect(await client.next('revoked')).toEqual([{ resource: 'card', ids: ['1'] }]);
    await app.channel('card').publishUpdate('1', { title: 'secret' });
    await app.settle();
    expect(client.heard('card')).toEqual([]);
  });

  it.each(READS)(
    'of something else leaves alone what %s, and so does that of somebody else',
    async (_, path, place) => {
      const app = await startApp();
      const client = await app.connect({ auth: { user: 5 } });
      const { answer } = await begin(client, `/${path}/1`, place);
      await app.sockets.revoke({ user: 6, resource: 'card' });
      await app.sockets.revoke({ user: 5, resource: 'card', ids: '2' });
      await app.sockets.revoke({ user: 5, room: 'lobby' });
      gates.emit(place);
      await answer;

      await app.channel('card').publishUpdate('1', { title: 'open' });
      await app.settle();
      expect(client.heard('card')).toHaveLength(1);
      expect(client.heard('revoked')).toEqual([]);
    },
  );

  it('is not undone either where the process pauses while it lets the socket in', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { user: 5 } });
    const { answer } = await begin(client, '/slow/1', 'handler');
    await app.sockets.revoke({ user: 5, resource: 'card', ids: '1' });
    const now = performance.now.bind(performance);
    let paused = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + (paused += 1_000));
    onTestFinished(() => clock.mockRestore());
    gates.emit('handler');

    expect(await answer).toMatchObject({ statusCode: 200 });
    clock.mockRestore();
    await app.channel('card').publishUpdate('1', { title: 'secret' });
    await app.settle();
    expect(client.heard('card')).toEqual([]);
  });

  it('tells a read that so many revocations outran that nobody knows any more what they were', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { user: 5 } });
    const { answer } = await begin(client, '/slow/1', 'handler');
    for (let count = 0; count <= 50_000; count++) void app.sockets.revoke({ user: 6, room: 'lobby' });
    gates.emit('handler');

    expect(await answer).toMatchObject({ statusCode: 200 });
    expect(await client.next('revoked')).toEqual([{ everything: true }]);
    await app.channel('card').publishUpdate('1', { title: 'secret' });
    await app.settle();
    expect(client.heard('card')).toEqual([]);
  });

  it('holds for HTTP requests that name their socket', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { user: 5, token: 'five' } });
    const reached = once(gates.reached, 'guard');
    const headers = { 'x-socket-id': client.id, authorization: 'Bearer five' };
    const answer = app.request('GET', '/guarded/1', undefined, headers);
    await reached;
    await app.sockets.revoke({ user: 5, resource: 'card' });
    gates.emit('guard');

    expect((await answer).status).toBe(200);
    await client.next('revoked');
    await app.channel('card').publishUpdate('1', { title: 'secret' });
    await app.settle();
    expect(client.heard('card')).toEqual([]);
  });
});
