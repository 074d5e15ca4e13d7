import type { Socket } from 'socket.io-client';
import { isRecord } from '../assertions.js';
import { RequestError } from '../request-error.js';

type Send = (auth: object) => void;
type OnFailure = (error: RequestError) => void;

/** What the option `auth` may be, besides an object. */
export type AskForCredentials = (send: Send) => unknown;

/** Socket.IO knows callbacks only: what is returned it would never send, and a rejection nobody would hear of. */
export function forSocketIo(ask: AskForCredentials, onFailure: OnFailure): (send: Send, fail?: OnFailure) => void {
  return (send, fail = onFailure) => void asked(ask).then(send).catch(fail);
}

/** What stands in the handshake's `auth`: of a function, what it says now. */
export async function credentialsOf({ auth }: Socket): Promise<object> {
  return typeof auth === 'function' ? asked(auth as AskForCredentials) : auth;
}

/** Whether somebody can be asked for newer ones. */
export function hasNewer({ auth }: Socket): boolean {
  return typeof auth === 'function';
}

/** Given to the callback, or returned. */
function asked(ask: (send: Send, fail: OnFailure) => unknown): Promise<object> {
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

/** A timer of Node, which a function with a callback may well return, is not meant. */
function isPlain(value: unknown): value is object {
  const prototype: unknown = isRecord(value) ? Object.getPrototypeOf(value) : undefined;
  return prototype === null || prototype === Object.prototype;
}
