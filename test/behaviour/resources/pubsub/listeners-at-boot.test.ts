import { Injectable, Scope } from '@nestjs/common';
import { describe, it } from 'vitest';
import {
  BeforePublication,
  InvalidListenerError,
  OnPublication,
  SocketsModule,
  UnknownResourceError,
  UnknownVerbError,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
const imports = [SocketsModule.forRoot({ resources: { user: {}, pet: {} } })];

describe.each([
  ['@OnPublication', OnPublication],
  ['@BeforePublication', BeforePublication],
])('at boot %s refuses', (name, decorator) => {
  it('a resource that nobody declared', async () => {
    @Injectable()
    class Typo {
      @decorator('usr')
      hear(): void {}
    }

    await expectRefusal(
      start({ imports, providers: [Typo] }),
      UnknownResourceError,
      'UNKNOWN_RESOURCE',
      `${name}('usr') on Typo.hear(): there is no resource "usr"`,
      '"user", "pet"',
    );
  });

  it('a verb that the resource does not have', async () => {
    @Injectable()
    class Typo {
      @decorator('pet', 'promoted')
      hear(): void {}
    }

    await expectRefusal(
      start({ imports, providers: [Typo] }),
      UnknownVerbError,
      'UNKNOWN_VERB',
      `${name}('pet') on Typo.hear(): "promoted" is not a verb of "pet"`,
    );
  });

  it.each([
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('a class that is %s', async (_, scope) => {
    @Injectable({ scope })
    class Scoped {
      @decorator('user')
      hear(): void {}
    }

    await expectRefusal(
      start({ imports, providers: [Scoped] }),
      InvalidListenerError,
      'INVALID_LISTENER',
      `${name}('user') on Scoped.hear()`,
      'singleton',
    );
  });

  it('a class that is request-scoped by what it injects', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {}
    @Injectable()
    class Dependent {
      constructor(readonly perRequest: PerRequest) {}

      @decorator('user')
      hear(): void {}
    }

    await expectRefusal(
      start({ imports, providers: [PerRequest, Dependent] }),
      InvalidListenerError,
      'INVALID_LISTENER',
      `on Dependent.hear()`,
    );
  });
});
