import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { takesNoAcknowledgement } from '../../server/gateways/gateways.js';
import { requestingSocket, type HttpRequest } from './requesting-socket.js';

/**
 * Injects the identity of a socket, `socket.data.user`: in a gateway's handler that of the client, in a route that of
 * the socket that the request came over; otherwise `undefined`. An HTTP request that only names a socket, by
 * `X-Socket-Id`, does not act as its user.
 *
 * On a cluster, `fetchSockets()` sends `data` over the bus, so keep secrets, and what JSON cannot carry, out of an
 * identity.
 *
 * @example
 * ```ts
 * import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
 * import { SocketUser } from 'nestjs-sockets';
 *
 * @WebSocketGateway()
 * export class ChatGateway {
 *   @SubscribeMessage('who am I')
 *   whoAmI(@SocketUser() user: { name: string } | undefined) {
 *     return user?.name ?? 'nobody';
 *   }
 * }
 * ```
 */
export const SocketUser = createParamDecorator(takesNoAcknowledgement(userOf));

function userOf(_: unknown, context: ExecutionContext): unknown {
  const data = socketBehind(context)?.data as { user?: unknown } | undefined;
  return data?.user;
}

function socketBehind(context: ExecutionContext): Socket | undefined {
  if (context.getType() === 'ws') return context.switchToWs().getClient<Socket | undefined>();
  if (context.getType() !== 'http') return undefined;
  const request = context.switchToHttp().getRequest<HttpRequest>();
  // Socket ids are no secrets, and not every handshake has credentials that could be compared.
  return cameOverSocket(request) ? requestingSocket(request) : undefined;
}

function cameOverSocket(request: HttpRequest): boolean {
  return ((request.raw ?? request) as HttpRequest).isSocket === true;
}
