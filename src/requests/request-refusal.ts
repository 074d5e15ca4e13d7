import { HttpStatus } from '@nestjs/common';
import type { RefusalKind } from '../server/metrics.js';

/** The reason why a request does not reach the application, or its response does not reach the client. */
export class RequestRefusal extends Error {
  /** @param kind what is counted */
  constructor(
    readonly statusCode: number,
    message: string,
    readonly kind?: RefusalKind,
  ) {
    super(message);
  }

  /** Whether the client sent something that is not a request. */
  get isMalformed(): boolean {
    return (this.statusCode as HttpStatus) === HttpStatus.BAD_REQUEST;
  }
}

/** Returns the status that the client is told: any other error is the server's own failure. */
export function statusOf(error: unknown): number {
  return error instanceof RequestRefusal ? error.statusCode : HttpStatus.INTERNAL_SERVER_ERROR;
}

export function malformed(message: string): RequestRefusal {
  return new RequestRefusal(HttpStatus.BAD_REQUEST, message);
}

export function shuttingDown(): RequestRefusal {
  return new RequestRefusal(HttpStatus.SERVICE_UNAVAILABLE, 'The server is shutting down.');
}
