import {
  Controller,
  Get,
  Injectable,
  Param,
  Req,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead, type RequestedTarget } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';

interface Identity {
  id: string;
  boards: string[];
  exp?: number;
}

/** A token says all of it, in the open. */
const tokenOf = (boards: string[], exp?: number): string =>
  Buffer.from(JSON.stringify({ id: 'ada', boards, exp } satisfies Identity)).toString('base64url');

const identityIn = (token: unknown): Identity =>
  JSON.parse(Buffer.from(String(token), 'base64url').toString()) as Identity;

@Injectable()
class TokenGuard implements CanActivate {
  refused = 0;
  /** Those who are refused wait for it. */
  refusal: Promise<unknown> | undefined;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: Identity }>();
    const user = identityIn(request.headers.authorization?.slice('Bearer '.length));
    if ((user.exp ?? Infinity) * 1_000 <= Date.now()) {
      this.refused++;
      await this.refusal;
      throw new UnauthorizedException();
    }
    request.user = user;
    return true;
  }
}

@Injectable()
class BoardPolicy {
  faults = 0;
  private failing = false;

  canSubscribe(user: Identity, { id }: RequestedTarget): boolean {
    if (this.failing) {
      this.faults++;
      throw new Error('The policy has no database.');
    }
    return user.boards.includes(String(id));
  }

  fail(): void {
    this.failing = true;
  }
}

@Controller('boards')
@UseGuards(TokenGuard)
@Resourceful('board', { authorize: BoardPolicy })
class BoardsController {
  rechecks = 0;

  @Get(':id/often')
  @SubscribeOnRead({ recheck: 20 })
  findOften(@Param('id') id: string): object {
    return { id };
  }

  @Get(':id')
  @SubscribeOnRead({ recheck: true })
  findOne(@Param('id') id: string, @Req() { isRecheck }: { isRecheck?: boolean }): object {
    if (isRecheck) this.rechecks++;
    return { id };
  }
}

describe('A client that authenticates again', () => {
  const startApp = () =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => identityIn(auth.token) })],
      controllers: [BoardsController],
      providers: [TokenGuard, BoardPolicy],
    });

  it('has its reads done again at once, with the new token', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { token: tokenOf(['1', '2']) } });
    for (const id of [1, 2]) await client.socket.emitWithAck('get', { url: `/boards/${id}` });
    expect(app.get(BoardsController).rechecks).toBe(0);

    await client.socket.emitWithAck('reauthenticate', { token: tokenOf(['2']) });
    await client.next('revoked');

    expect(client.heard('revoked')).toEqual([{ resource: 'board', ids: ['1'] }]);
    expect(await app.channel('board').subscribers('2')).toEqual([client.id]);
    await expect.poll(() => app.get(BoardsController).rechecks).toBe(2);
  });

  it('keeps what a policy that fails says nothing about', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { token: tokenOf(['1']) } });
    await client.socket.emitWithAck('get', { url: '/boards/1' });
    app.get(BoardPolicy).fail();

    await client.socket.emitWithAck('reauthenticate', { token: tokenOf([]) });
    await expect.poll(() => app.get(BoardPolicy).faults).toBe(1);
    await app.settle();

    expect(client.heard('revoked')).toEqual([]);
    expect(await app.channel('board').subscribers('1')).toEqual([client.id]);
  });

  it('is subscribed further until the time to do so has passed, though its old token is refused', async () => {
    const clock = stopClock();
    const app = await startApp();
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const client = await app.connect({ auth: { token: tokenOf(['1'], exp) } });
    await client.socket.emitWithAck('get', { url: '/boards/1/often' });
    await clock.passUntil(client.next('reauthenticate'));
    const guard = app.get(TokenGuard);
    const { refused } = guard;
    await clock.passUntil(eventually(() => expect(guard.refused).toBeGreaterThan(refused + 1)));

    await client.socket.emitWithAck('reauthenticate', { token: tokenOf(['1']) });
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await app.channel('board').subscribers('1')).toEqual([client.id]);
  });

  it('keeps what a recheck is refused that began with the old token', async () => {
    const clock = stopClock();
    const app = await startApp();
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const client = await app.connect({ auth: { token: tokenOf(['1'], exp) } });
    await client.socket.emitWithAck('get', { url: '/boards/1/often' });
    const guard = app.get(TokenGuard);
    let refuse: (_: unknown) => void = () => undefined;
    guard.refusal = new Promise((resolve) => (refuse = resolve));
    await clock.passUntil(client.next('reauthenticate'));
    await clock.passUntil(eventually(() => expect(guard.refused).toBeGreaterThan(0)));

    await client.socket.emitWithAck('reauthenticate', { token: tokenOf(['1']) });
    refuse(undefined);
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await app.channel('board').subscribers('1')).toEqual([client.id]);
  });
});
