import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** What clients of Socket.IO 3 and 4 say that they speak; those of Socket.IO 2, `sails.io.js` among them, say 3 or nothing. */
const PROTOCOL = '4';

const REFUSAL =
  'Clients of Socket.IO 2, such as sails.io.js, are switched off here: remove "allowEIO3: false" from SocketsModule.forRoot({ server: { allowEIO3: false } }) to let them in';

/** Asks nobody else about clients that are switched off. Engine.IO would refuse them too, without saying why. */
export function refuseOldClients(allowRequest: AllowRequest): AllowRequest {
  const logger = new Logger('SocketsModule');
  let isSaid = false;
  return (request, answer) => {
    if (protocolOf(request) === PROTOCOL) {
      allowRequest(request, answer);
      return;
    }
    if (!isSaid) logger.warn(`${REFUSAL}. A client was refused; this is said once.`);
    isSaid = true;
    answer(REFUSAL, false);
  };
}

function protocolOf(request: IncomingMessage): string | undefined {
  return (request as { _query?: Record<string, string> })._query?.EIO;
}
