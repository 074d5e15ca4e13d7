import { HttpStatus } from '@nestjs/common';

/** Why a request is not handed to the application, or its answer not to the client. */
export class RequestRefusal extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }

  /** The client sent something that is no request. */
  get isMalformed(): boolean {
    return (this.statusCode as HttpStatus) === HttpStatus.BAD_REQUEST;
  }
}

export function malformed(message: string): RequestRefusal {
  return new RequestRefusal(HttpStatus.BAD_REQUEST, message);
}
