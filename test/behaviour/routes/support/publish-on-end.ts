import type { INestApplication } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { ResourcefulPubSub } from '../../../../src/index.js';

/** For the option `main` of `start`: publishes a change, of user 1, at the moment when an answer begins to leave. */
export function publishOnEnd(app: INestApplication, publish = (): unknown => changeUser(app)): void {
  app.use((_request: unknown, response: ServerResponse, next: () => void) => {
    const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
    response.end = (...args: unknown[]) => {
      void publish();
      return end(...args);
    };
    next();
  });
}

function changeUser(app: INestApplication): Promise<void> {
  return app.get(ResourcefulPubSub).of('user').publishUpdate(1, { name: 'while it is answered' });
}
