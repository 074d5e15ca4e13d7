import { CANARIES } from './canaries.js';

/** An error as libraries make them: it holds the parameters of a query, the headers of a request, and what caused it. */
export function fault(): Error {
  return Object.assign(new Error(CANARIES.errorMessage, { cause: new Error(CANARIES.errorCause) }), {
    parameters: [CANARIES.errorParameters],
    config: { headers: { authorization: CANARIES.errorHeaders } },
  });
}

export const throws = (): never => {
  throw fault();
};
