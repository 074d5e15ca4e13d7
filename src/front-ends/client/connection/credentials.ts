import type { Socket } from 'socket.io-client';
import { isRecord } from '../assertions.js';
import { RequestError } from '../answers/request-error.js';

type Send = (auth: object) => void;
type OnFailure = (error: RequestError) => void;

/**
 * The option `auth`, where it is a function: it returns credentials, or a promise of them, or passes them to `send`.
 */
export type CredentialsFunction = (send: Send) => unknown;

/**
 * Adapts a credentials function to Socket.IO, which only knows callbacks: it would never send what is returned, and
 * nobody would hear of a rejection.
 */
export function authCallback(
  ask: CredentialsFunction,
  failures: CredentialsFailures,
): (send: Send, fail?: OnFailure) => void {
  return (send, fail = failures.report) =>
    void callForCredentials(ask)
      .then((auth) => {
        failures.given = JSON.stringify(auth);
        send(auth);
      })
      .catch(fail);
}

/**
 * What became of asking the option `auth` for credentials. Socket.IO asks by itself, and the client learns here that
 * there were none, or which.
 */
export class CredentialsFailures {
  /** Set by the client, before the first connection begins. */
  listener: OnFailure | undefined;
  /** What it gave last, as JSON. */
  given: string | undefined;

  readonly report: OnFailure = (error) => this.listener?.(error);

  /** Asks again, has the next connection begin with the answer, and says whether it is another one. */
  readonly renew = async (socket: Socket): Promise<boolean> => {
    const { given } = this;
    const { auth } = socket;
    const newer = await credentialsOf(socket).catch(() => undefined);
    const isNewer = newer !== undefined && JSON.stringify(newer) !== given;
    if (isNewer) {
      socket.auth = (send: Send) => {
        socket.auth = auth;
        send(newer);
      };
    }
    return isNewer;
  };
}

/** Returns the current credentials, in the form of the handshake's `auth`. A function is called for them. */
export async function credentialsOf({ auth }: Socket): Promise<object> {
  return typeof auth === 'function' ? callForCredentials(auth as CredentialsFunction) : auth;
}

/** Whether there is a function that can be called for newer credentials. */
export function canRefresh({ auth }: Socket): boolean {
  return typeof auth === 'function';
}

function callForCredentials(ask: (send: Send, fail: OnFailure) => unknown): Promise<object> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(cause instanceof RequestError ? cause : noCredentials(cause));
    const returned = async (): Promise<unknown> => ask(resolve, fail);
    returned().then((auth) => isPlain(auth) && resolve(auth), fail);
  });
}

function noCredentials(cause: unknown): RequestError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RequestError(`The option "auth" gave no credentials: ${why}`, { code: 'NO_CREDENTIALS', cause });
}

/** Tells credentials from, say, a timer of Node, which a function that uses its callback may well return. */
function isPlain(value: unknown): value is object {
  const prototype: unknown = isRecord(value) ? Object.getPrototypeOf(value) : undefined;
  return prototype === null || prototype === Object.prototype;
}
