import type { CanActivate } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';

class Guard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** Guards nothing. */
class Powerless {}

const AUTHENTICATE = /a function \(handshake, socket\) => identity, a guard .*canActivate\(\).*one or more guards/;
const MIDDLEWARE = /a function \(request, response, next\) as Express has them, or an array of such functions/;

const mistakes: Array<[what: string, given: unknown, option: string, allowed: RegExp]> = [
  ['a string', { authenticate: 'jwt' }, 'authenticate', AUTHENTICATE],
  ['true', { authenticate: true }, 'authenticate', AUTHENTICATE],
  ['null', { authenticate: null }, 'authenticate', AUTHENTICATE],
  ['no guard', { authenticate: [] }, 'authenticate', AUTHENTICATE],
  ['a class that is not a guard', { authenticate: Powerless }, 'authenticate', AUTHENTICATE],
  ['an instance that is not a guard', { authenticate: new Powerless() }, 'authenticate', AUTHENTICATE],
  ['a class that is not a guard among guards', { authenticate: [Guard, Powerless] }, 'authenticate', AUTHENTICATE],
  ['a function among guards', { authenticate: [Guard, () => true] }, 'authenticate', AUTHENTICATE],
  ['nothing among guards', { authenticate: [undefined] }, 'authenticate', AUTHENTICATE],
  ['0', { authenticateTimeout: 0 }, 'authenticateTimeout', /a whole number of milliseconds, from 1/],
  ['a string', { authenticateTimeout: '10s' }, 'authenticateTimeout', /a whole number of milliseconds/],
  ['an object', { handshakeMiddleware: {} }, 'handshakeMiddleware', MIDDLEWARE],
  ['a class', { handshakeMiddleware: Powerless }, 'handshakeMiddleware', MIDDLEWARE],
  ['a list with something else', { handshakeMiddleware: [() => 1, 'cookies'] }, 'handshakeMiddleware', MIDDLEWARE],
  ['an object', { afterDisconnect: {} }, 'afterDisconnect', /a function that takes the socket and the reason/],
];

const rightOnes: SocketsModuleOptions[] = [
  { authenticate: () => true },
  { authenticate: async function named() {} },
  { authenticate: Guard },
  { authenticate: new Guard() },
  { authenticate: [Guard, new Guard()] },
  {
    authenticate: undefined,
    authenticateTimeout: undefined,
    handshakeMiddleware: undefined,
    afterDisconnect: undefined,
  },
  { authenticateTimeout: 1, afterDisconnect: () => undefined },
  { handshakeMiddleware: (_request, _response, next) => next() },
  { handshakeMiddleware: [] },
];

const boot = async (options: SocketsModuleOptions): Promise<void> => {
  const module = SocketsModule.forRootAsync({ useFactory: () => options });
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  await testing.init();
  await testing.close();
};

describe('the options of connections', () => {
  it.each(rightOnes)('may be all that they are said to be', async (options) => {
    await boot(options);
  });

  it.each(mistakes)(
    'may not be %s: %o is refused, and the error says what to do',
    async (_what, given, option, allowed) => {
      const error = await boot(given as SocketsModuleOptions).catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect((error as Error).message).toContain(`the option "${option}" must be `);
      expect((error as Error).message).toMatch(allowed);
    },
  );
});
