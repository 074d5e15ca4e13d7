import { ClassSerializerInterceptor, type INestApplication } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SocketsModuleOptions } from '../../../../src/index.js';
import type { ApplicationOptions } from '../../../support/application.js';
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
      hideOnExpress(app);
    },
  };
}

/** What a response schema does on Fastify. */
function hideOnExpress(app: INestApplication): void {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() !== 'express') return;
  (adapter as unknown as { set(name: string, value: unknown): void }).set('json replacer', hideWritten);
}

function hideWritten(this: object, key: string, value: unknown): unknown {
  // The audit shows everything.
  return key === 'written' && !('rows' in this) ? undefined : value;
}
