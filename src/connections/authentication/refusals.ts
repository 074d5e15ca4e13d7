import { HttpException, HttpStatus } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import type { IncomingHttpHeaders } from 'node:http';
import { errorBodyOf } from '../../common/error-body.js';
import { isRecord } from '../../common/type-guards.js';
import type { ErrorBody } from '../../protocol/request.js';
import { refusalOfCredentials } from './credential-errors.js';
import type { RefusalLog } from './refusal-log.js';

/** Where a client shows its credentials: a handshake, or the request that begins one. */
interface Presented {
  auth?: unknown;
  headers: IncomingHttpHeaders;
}

/**
 * Returns what a client is told whose credentials were being checked when this was thrown. An exception of Nest is told
 * as it is, and an error that means that credentials are not accepted by a status and a text of its own. Anything else
 * is a fault, of which the client learns nothing. The log has a line for the latter two.
 *
 * @param thrower what threw it, as the log says it
 * @param presented whose credentials must not get into the log
 */
export function refusalIn(error: unknown, thrower: string, presented: Presented, log: RefusalLog): ErrorBody {
  try {
    if (error instanceof HttpException || error instanceof WsException) {
      const body = errorBodyOf(error, HttpStatus.UNAUTHORIZED);
      if (body.statusCode >= 500) log.reportFault(thrower, error, secretsOf(presented));
      return body;
    }
    const body = refusalOfCredentials(error);
    if (body) log.reportRefusal(error, secretsOf(presented));
    else log.reportFault(thrower, error, secretsOf(presented));
    return body ?? errorBodyOf(undefined);
  } catch {
    log.reportFault(thrower, undefined, []);
    return errorBodyOf(undefined);
  }
}

/** Shorter ones cannot be told from words. */
const MIN_SECRET = 6;

function secretsOf({ auth, headers: { authorization = '', cookie = '' } }: Presented): string[] {
  const cookies = cookie.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const shown = [...(isRecord(auth) ? Object.values(auth) : []), ...authorization.split(' '), ...cookies];
  return shown.filter((value): value is string => typeof value === 'string' && value.length >= MIN_SECRET);
}
