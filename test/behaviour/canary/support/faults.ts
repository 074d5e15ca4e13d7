import { CANARIES } from './canaries.js';

/**
 * An error as libraries make them: it holds the parameters of a query, the headers of a request, and what caused it.
 */
export function fault(): Error {
  return Object.assign(new Error(CANARIES.errorMessage, { cause: new Error(CANARIES.errorCause) }), {
    parameters: [CANARIES.errorParameters],
    config: { headers: { authorization: CANARIES.errorHeaders } },
  });
}

export const throws = (): never => {
  throw fault();
};

/** What the log says of each of the places where one is thrown. */
export const FAULTY_PLACES = [
  'FaultsController.joined(): not let in.',
  'FaultsController.selected(): not subscribed.',
  'FaultsController.previous(): the option "previous" failed',
  'FaultsController.when(): not published.',
  'FaultsController.view(): not published.',
  'FaultsController.to(): not published.',
  'FaultyListener.throwSomething() failed.',
  "@Relay('typing') on BoardsController: a signal was not relayed.",
  'A listener of the server event "refresh" failed.',
  'The option "afterDisconnect" failed.',
  'The option "audience" of the resource "account" failed',
  'The option "authenticate" failed',
  'The option "presence.show" failed',
  'The policy of "fault" failed',
];
