import type { Socket } from 'socket.io';
import { debugLog } from '../../common/log.js';
import type { ParsedRequest } from '../packet/request-packet.js';
import { pathOf } from '../packet/request-url.js';

const debug = debugLog('requests');

/** Traces what happens to a request. It leaves out the query, the data and the headers, which may hold secrets. */
export const traceRequest =
  debug &&
  ((socket: Socket, { method, url }: ParsedRequest, event: string): void =>
    debug(`${method} ${pathOf(url)} of ${socket.id}: ${event}`));
