import { Controller, Get, Injectable, Module, Scope, type Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  InvalidResourceError,
  PolicyNotCreatedError,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';

function startWith(authorize: unknown, providers: Type[] = []): Promise<TestApplication> {
  @Controller('cards')
  @Resourceful('card', { authorize } as ResourceOptions)
  class CardsController {
    @Get()
    @SubscribeOnRead()
    find(): object {
      return { id: 1 };
    }
  }

  @Module({ controllers: [CardsController], providers })
  class CardsModule {}

  return start({ imports: [SocketsModule.forRoot(), CardsModule] });
}

class Missing {}

@Injectable()
class Needy {
  constructor(readonly missing: Missing) {}

  canSubscribe(): boolean {
    return this.missing !== undefined;
  }
}

@Injectable({ scope: Scope.REQUEST })
class Scoped {
  canSubscribe(): boolean {
    return true;
  }
}

@Injectable()
class Refusing {
  canSubscribe(): boolean {
    return false;
  }
}

class Allowing {
  canSubscribe(): boolean {
    return true;
  }
}

describe('A policy', () => {
  it('is looked for in all modules, made if nobody provides it, or given as an object', async () => {
    for (const [authorize, providers, subscribed] of [
      [Refusing, [Refusing], false],
      [Allowing, [], true],
      [new Allowing(), [], true],
    ] as Array<[unknown, Type[], boolean]>) {
      const app = await startWith(authorize, providers);
      const client = await app.connect();
      await client.socket.emitWithAck('get', { url: '/cards' });
      expect(await app.channel('card').subscribers(1)).toEqual(subscribed ? [client.id] : []);
    }
  });

  it('that is none is an error at boot, which says what it must be', async () => {
    for (const wrong of [true, 'CardPolicy', {}, class NoPolicy {}, () => true, null]) {
      await expectRefusal(startWith(wrong), InvalidResourceError, 'INVALID_RESOURCE', '"authorize"', 'canSubscribe');
    }
  });

  it('that cannot be made is an error at boot', async () => {
    await expectRefusal(
      startWith(Needy, [Missing]),
      PolicyNotCreatedError,
      'POLICY_NOT_CREATED',
      '"card"',
      'Needy',
      'Add it to the providers',
    );
    await expectRefusal(startWith(Scoped, [Scoped]), PolicyNotCreatedError, 'POLICY_NOT_CREATED', 'request-scoped');
  });
});
