import { HttpStatus } from '@nestjs/common';

/** The reason why a request does not reach the application, or its response does not reach the client. */
export class RequestRefusal extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }

  /** Whether the client sent something that is not a request. */
  get isMalformed(): boolean {
    return (this.statusCode as HttpStatus) === HttpStatus.BAD_REQUEST;
  }
}

export function malformed(message: string): RequestRefusal {
  return new RequestRefusal(HttpStatus.BAD_REQUEST, message);
}

export function shuttingDown(): RequestRefusal {
  return new RequestRefusal(HttpStatus.SERVICE_UNAVAILABLE, 'The server is shutting down.');
}
