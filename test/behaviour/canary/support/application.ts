import { ClassSerializerInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SocketsModuleOptions } from '../../../../src/index.js';
import type { ApplicationOptions } from '../../../support/application.js';
import { differencesOf } from '../../../support/platform-differences.js';
import { controllers, providers } from './board.controllers.js';
import type { EverythingSaid } from './everything-said.js';
import { throws } from './faults.js';
import { SessionGuard, type User } from './users.js';

export const sockets: SocketsModuleOptions = {
  authenticate: SessionGuard,
  presence: { show: ({ id, name }: User) => (id === 'eve' ? throws() : { name }) },
  afterDisconnect: throws,
};

/** An application that uses whatever carries data, and has secrets everywhere. */
export function application(said: EverythingSaid): ApplicationOptions {
  return {
    controllers,
    providers: [...providers, SessionGuard],
    main: (app) => {
      said.open(app);
      app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector)));
      // The audit shows everything.
      differencesOf(app).hideWritten(app, 'written', 'rows');
    },
  };
}
