import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';

const ROOMS = /the name of a room, a template of names such as "board:\{boardId\}", a regular expression, a function/;

const mistakes: Array<[what: string, given: unknown, option: string, allowed: RegExp]> = [
  ['a list of rooms without a name', { presence: ['lobby'] }, 'presence', /an object of options such as/],
  ['true', { presence: true }, 'presence', /an object of options/],
  ['a number', { presence: { rooms: 7 } }, 'presence.rooms', ROOMS],
  ['null among rooms', { presence: { rooms: ['lobby', null] } }, 'presence.rooms', ROOMS],
  ['an empty name', { presence: { rooms: '' } }, 'presence.rooms', ROOMS],
  ['a template with an open brace', { presence: { rooms: 'board:{id' } }, 'presence.rooms', /braces/],
  ['rooms of users', { presence: { rooms: ['sockets:user/{id}'] } }, 'presence.rooms', /may not begin with "sockets:"/],
  ['rooms of resources', { presence: { rooms: 'resource:card' } }, 'presence.rooms', /may not begin with "resource:"/],
  ['a list of fields', { presence: { show: ['name'] } }, 'presence.show', /a function that takes the identity/],
  ['seconds as text', { presence: { forgetAfter: '15s' } }, 'presence.forgetAfter', /a whole number of milliseconds/],
  ['0', { presence: { forgetAfter: 0 } }, 'presence.forgetAfter', /a whole number of milliseconds, from 1/],
  ['an unknown option', { presence: { room: 'lobby' } }, 'presence.room', /There are rooms, show, forgetAfter/],
];

const rightOnes: SocketsModuleOptions[] = [
  { presence: undefined },
  { presence: {} },
  { presence: { rooms: [] } },
  { presence: { rooms: 'lobby', show: undefined, forgetAfter: undefined } },
  { presence: { rooms: ['board:{boardId}', /^x/, () => true], show: (user) => user, forgetAfter: 1 } },
];

const boot = async (options: SocketsModuleOptions): Promise<void> => {
  const module = SocketsModule.forRootAsync({ useFactory: () => options });
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  await testing.init();
  await testing.close();
};

describe('the options of presence', () => {
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
