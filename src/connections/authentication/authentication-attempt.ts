import { HttpStatus } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { errorBody } from '../../common/error-body.js';
import type { ErrorBody } from '../../protocol/request.js';
import { onConnectionClosed } from '../connection-state.js';

/** Who connects, as which user, and until when. */
export interface Identification {
  identity: unknown;
  userId: string | undefined;
  /** In milliseconds since 1970; `undefined` for never. */
  expires: number | undefined;
}

/** What the application decides. */
export type Verdict = ({ kind: 'admitted' } & Identification) | { kind: 'refused'; body: ErrorBody };

/** How an attempt ends: with the application's verdict, or without, because it took too long or the client has left. */
export type Outcome = Verdict | { kind: 'timedOut' } | { kind: 'gone' };

/**
 * One attempt of a client to connect, or to stay connected.
 *
 * It is pending until the first of three things happens: the application decides (`admitted` or `refused`), its time is
 * up (`timedOut`), or the client's connection closes (`gone`). That is its outcome for good; whatever happens later is
 * ignored.
 */
export class AuthenticationAttempt {
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;

  /** @param decide asks the application, at once; must not reject */
  constructor(socket: Pick<Socket, 'conn'>, timeout: number, decide: () => Promise<Verdict>) {
    this.outcome = new Promise((settle) => {
      const timer = setTimeout(() => end({ kind: 'timedOut' }), timeout);
      const stopListening = onConnectionClosed(socket, () => end({ kind: 'gone' }));
      const end = (outcome: Outcome): void => {
        clearTimeout(timer);
        stopListening();
        settle(outcome);
      };
      void decide().then(end);
    });
  }
}

/** What a client is told when its attempt ended without a verdict. */
const WITHOUT_VERDICT: Record<Exclude<Outcome['kind'], Verdict['kind']>, ErrorBody> = {
  timedOut: errorBody(HttpStatus.GATEWAY_TIMEOUT, 'It took too long to find out who is connecting.'),
  gone: errorBody(HttpStatus.UNAUTHORIZED, 'Unauthorized'),
};

/** Returns what a client is told when its attempt ended in this way. */
export function refusalOf(outcome: Exclude<Outcome, { kind: 'admitted' }>): ErrorBody {
  return outcome.kind === 'refused' ? outcome.body : WITHOUT_VERDICT[outcome.kind];
}
