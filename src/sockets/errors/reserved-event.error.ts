import { SocketsError } from '../../common/common.errors.js';

/** A gateway handles an event that clients send for another purpose. */
export class ReservedEventError extends SocketsError {
  readonly code = 'RESERVED_EVENT';

  constructor(handler: string, event: string, purpose: string) {
    super(`@SubscribeMessage('${event}') on ${handler}: ${purpose}`);
  }
}
