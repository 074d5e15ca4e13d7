import { Injectable } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  InvalidRelayError,
  InvalidResourceError,
  Relay,
  ReservedEventError,
  Resourceful,
  ResourcefulPubSub,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
const boot = (...providers: Array<abstract new () => unknown>): Promise<unknown> =>
  start({ providers: providers as never });

function relaying(event: unknown, options: unknown): abstract new () => unknown {
  @Injectable()
  @Relay(event as string, options as { to: string })
  class Signals {}
  return Signals;
}

describe('A relay is refused at boot', () => {
  it.each([
    ['get', /clients send requests by that event/],
    ['TRACE', /clients send requests by that event/],
    ['disconnect', /Socket\.IO/],
    ['sockets:anything', /this library/],
    ['presence', /this library/],
    ['revoked', /this library/],
    ['reauthenticate', /this library/],
    ['', /not empty/],
    [undefined, /not empty/],
  ])('if its event is %j', async (event, why) => {
    const attempt = boot(relaying(event, { to: 'board:{boardId}' }));
    await expectRefusal(attempt, InvalidRelayError, 'INVALID_RELAY', /@Relay\('.*'\) on Signals: /, why);
  });

  it.each([
    [undefined, /give it options/],
    [{}, /"to" must be/],
    [{ to: 7 }, /"to" must be/],
    [{ to: '{boardId}' }, /"to".*placeholders only/],
    [{ to: 'sockets:user/{id}' }, /"sockets:"/],
    [{ to: 'a:{b}', rate: 0 }, /"rate" must be/],
    [{ to: 'a:{b}', rate: NaN }, /"rate" must be/],
    [{ to: 'a:{b}', burst: 1.5 }, /"burst" must be/],
    [{ to: 'a:{b}', maxSize: '1kb' }, /"maxSize" must be/],
    [{ to: 'a:{b}', schema: {} }, /"schema" must be/],
    [{ to: 'a:{b}', volatile: true }, /no option "volatile"/],
  ])('if its options are %j', async (options, why) => {
    await expectRefusal(boot(relaying('typing', options)), InvalidRelayError, 'INVALID_RELAY', /on Signals: /, why);
  });

  it('if another one relays the same event in the same namespace', async () => {
    const attempt = boot(relaying('typing', { to: 'a:{b}' }), relaying('typing', { to: 'c:{d}' }));
    await expectRefusal(attempt, InvalidRelayError, 'INVALID_RELAY', /already\. Rename/);
  });

  it('if a gateway of that namespace handles the event itself', async () => {
    @WebSocketGateway()
    class OwnGateway {
      @SubscribeMessage('typing')
      type() {}
    }
    await expectRefusal(
      boot(OwnGateway, relaying('typing', { to: 'a:{b}' })),
      ReservedEventError,
      'RESERVED_EVENT',
      /@SubscribeMessage\('typing'\) on OwnGateway\.type\(\): @Relay\('typing'\) on Signals relays that event/,
    );
  });

  it('if its gateway has a server of its own, or a pattern for a namespace', async () => {
    @WebSocketGateway(0, { path: '/other' })
    @Relay('typing', { to: 'a:{b}' })
    class OtherServer {}
    @WebSocketGateway({ namespace: /^\/x/ })
    @Relay('typing', { to: 'a:{b}' })
    class Pattern {}
    await expectRefusal(boot(OtherServer), InvalidRelayError, 'INVALID_RELAY', /Remove its port and path/);
    await expectRefusal(boot(Pattern), InvalidRelayError, 'INVALID_RELAY', /a pattern/);
  });

  it('row 49: if a resource has the name of its event, since clients could make up messages', async () => {
    @Injectable()
    @Relay('card', { to: 'a:{b}' })
    class Signals {}
    @Resourceful('card')
    class CardsController {}
    const attempt = start({ controllers: [CardsController], providers: [Signals] });
    await expectRefusal(attempt, InvalidResourceError, 'INVALID_RESOURCE', /"card" .*@Relay\('card'\) on Signals/);
  });
});

describe('A relay', () => {
  it('may have the event of a gateway of another namespace', async () => {
    @WebSocketGateway({ namespace: 'admin' })
    class AdminGateway {
      @SubscribeMessage('typing')
      type() {}
    }
    await expect(boot(AdminGateway, relaying('typing', { to: 'a:{b}' }))).resolves.toBeDefined();
  });

  it('keeps its event from resources that are named later', async () => {
    const app = await start({ providers: [relaying('typing', { to: 'a:{b}' }) as never] });
    const pubSub = app.get(ResourcefulPubSub);
    await expectRefusal(() => pubSub.of('typing'), InvalidResourceError, 'INVALID_RESOURCE', /Rename one of them/);
  });
});
