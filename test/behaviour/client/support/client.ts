import { expect, onTestFinished } from 'vitest';
import {
  type ClientOptions,
  connect,
  type ConnectionStatus,
  RequestError,
  type SocketsClient,
} from '../../../../src/front-ends/client/index.js';

/** Creates our client, which reconnects quickly and is closed after the test. */
export function client(url: string, options: ClientOptions = {}): SocketsClient {
  const sockets = connect(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 20,
    ...options,
  });
  onTestFinished(() => sockets.close());
  return sockets;
}

/** Resolves as soon as the client has this status. */
export function reaches(sockets: SocketsClient, wanted: ConnectionStatus): Promise<void> {
  return new Promise((resolve) => {
    const end = sockets.onState(({ status }) => {
      if (status !== wanted) return;
      queueMicrotask(() => end());
      resolve();
    });
  });
}

/** Resolves with the error of a request, which has to be a RequestError. */
export async function failure(request: Promise<unknown>): Promise<RequestError> {
  const outcome = await request.then(
    (answer) => ({ answer }),
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(RequestError);
  return outcome as RequestError;
}
