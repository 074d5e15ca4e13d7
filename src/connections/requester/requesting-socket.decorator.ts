import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { takesNoAcknowledgement } from '../../server/gateways/gateways.js';
import { requestingSocket, type HttpRequest } from './requesting-socket.js';

/** Finds the socket behind a request: what `@RequestingSocket()` injects. */
export function socketOf(_: unknown, context: ExecutionContext): Socket | undefined {
  if (context.getType() === 'ws') return context.switchToWs().getClient<Socket>();
  return context.getType() === 'http' ? requestingSocket(context.switchToHttp().getRequest<HttpRequest>()) : undefined;
}

/**
 * Injects the socket behind this request: in a gateway's handler the client itself; in a route the socket that the
 * request came over, or, for a request over HTTP, the socket that it names by the header `X-Socket-Id`, if that is
 * connected to this server and was opened by the same caller; otherwise `undefined`.
 *
 * @example
 * ```ts
 * import { Controller, Param, Post } from '@nestjs/common';
 * import { RequestingSocket, SocketsService } from 'nestjs-sockets';
 * import type { Socket } from 'socket.io';
 *
 * @Controller('boards')
 * export class BoardsController {
 *   constructor(private readonly sockets: SocketsService) {}
 *
 *   @Post(':id/join')
 *   async join(@Param('id') id: string, @RequestingSocket() socket: Socket | undefined) {
 *     if (socket) await this.sockets.join(socket, `board:${id}`);
 *   }
 * }
 * ```
 */
export const RequestingSocket = createParamDecorator(takesNoAcknowledgement(socketOf));
