import type { HttpRequest } from '../../sockets/requesting-socket.js';

const FIRST_ERROR = 400;

/** Node's response, or one of Fastify's around it. */
interface Response {
  raw?: Response;
  statusCode: number;
  destroyed?: boolean;
  once?: (event: 'finish' | 'close', listener: () => void) => unknown;
}

/**
 * Whether the client gets the answer after all. What comes of a request over the socket once the handler is done (too large, too late, failed below
 * Nest) is known when its response closes; of one over HTTP nobody knows.
 */
export class Delivery {
  private readonly response: Response | undefined;

  constructor(request: HttpRequest, response: object) {
    const raw = (response as Response).raw ?? (response as Response);
    const overSocket = ((request.raw ?? request) as HttpRequest).isSocket === true;
    this.response = overSocket ? raw : undefined;
  }

  /** Nobody waits for it any more. */
  get hasFailed(): boolean {
    return this.response?.destroyed === true;
  }

  onFailure(undo: () => void): void {
    const { response } = this;
    let isDelivered = false;
    response?.once?.('finish', () => {
      isDelivered = response.statusCode < FIRST_ERROR;
    });
    response?.once?.('close', () => {
      if (!isDelivered) undo();
    });
  }
}
