import type { ServerOptions } from 'socket.io';
import type { AllowedOrigins } from '../options/server.options.js';

/** Reads the origins that an option `cors` allows; `undefined` if it names none. */
export function originsOfCors(cors: ServerOptions['cors'] | boolean): AllowedOrigins | undefined {
  // Gateways may declare `cors: true`, or a function that gives the options for each request.
  if (cors === true) return '*';
  if (typeof cors === 'function') return originsOfDelegate(cors);
  const origin = typeof cors === 'object' ? cors.origin : undefined;
  if (origin === true || origin === '*') return '*';
  if (origin === undefined || origin === false) return undefined;
  if (typeof origin !== 'function') return (Array.isArray(origin) ? origin : [origin]) as Array<string | RegExp>;
  return (asked) =>
    new Promise((resolve, reject) =>
      origin(asked, (error, allowed) =>
        error ? reject(error) : resolve(includes(originsOfCors({ origin: allowed }), asked)),
      ),
    );
}

function originsOfDelegate(delegate: Extract<ServerOptions['cors'], Function>): AllowedOrigins {
  return (asked, request) =>
    new Promise((resolve, reject) =>
      delegate(request, (error, options) => {
        if (error) return reject(error);
        const allowed = originsOfCors(options);
        resolve(typeof allowed === 'function' ? allowed(asked, request) : includes(allowed, asked));
      }),
    );
}

/** Whether a list, or `'*'`, allows an origin. */
export function includes(allowed: AllowedOrigins | undefined, origin: string): boolean {
  if (allowed === undefined || typeof allowed === 'function') return false;
  return allowed === '*' || allowed.some((entry) => matches(entry, origin));
}

/** Tests with a copy of the expression, since one with the flag `g` remembers where it stopped. */
function matches(entry: string | RegExp, origin: string): boolean {
  return typeof entry === 'string' ? entry === origin : new RegExp(entry).test(origin);
}
