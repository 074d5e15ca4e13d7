import { FailureLog, LineLogger } from '../../../common/log.js';

const failures = new FailureLog(new LineLogger('SocketsModule'));

/** Sends something that has waited, and logs what it throws: whoever has called for it is gone, and others wait. */
export function sendLate(send: () => void): void {
  try {
    send();
  } catch (error) {
    failures.report('Something that had waited could not be sent.', error);
  }
}
