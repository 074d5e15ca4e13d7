import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import { Slot, serverState } from '../state.js';
import { refusalsOf } from '../metrics.js';
import { eachEngine } from './engines.js';
import type { OriginPolicy, Verdict } from './origin-policy.js';

/** Tells Engine.IO whether a request is refused. */
type Answer = (code?: number, context?: object) => void;

/**
 * The parts of Engine.IO's server that are needed. `verify` is protected in its types: engines that extend it decide
 * there on every request, of each transport, before anything is done with it.
 */
interface GuardedEngine {
  verify?(request: IncomingMessage, isUpgrade: boolean, answer: Answer): void;
  use(middleware: (request: IncomingMessage, response: unknown, next: (error?: Error) => void) => void): void;
  clients?: Record<string, { request?: IncomingMessage } | undefined>;
}

/** Engine.IO's code for what is forbidden, which it answers with status 403, or 400 to an upgrade. */
const FORBIDDEN = 4;

const guarded = new WeakSet<GuardedEngine>();

const policies = new Slot<OriginPolicy | undefined>(() => undefined);

/** Whether the origin rule of a server lets a request pass. */
export function isOfAllowedPage(io: Server, request: IncomingMessage): boolean | Promise<boolean> {
  return serverState(io).get(policies)?.allows(request) ?? true;
}

/**
 * Has a server ask its origin rule about every request of a connection. By itself, Engine.IO asks about the first one
 * only, by `allowRequest`. Nothing happens to the connection when another page's request is refused.
 *
 * A middleware of Engine.IO would do so, too, but as soon as there is one, Engine.IO refuses WebTransport.
 */
export function guardRequests(io: Server, policy: OriginPolicy): void {
  serverState(io).set(policies, policy);
  policy.onRefusal = () => refusalsOf(io).add('origin');
  eachEngine(io, (engine) => guardEngine(engine as unknown as GuardedEngine, policy));
}

function guardEngine(engine: GuardedEngine, policy: OriginPolicy): void {
  if (guarded.has(engine)) return;
  guarded.add(engine);
  const ask = (request: IncomingMessage): Verdict | Promise<Verdict> => {
    const sid = sessionIn(request);
    return sid === undefined ? undefined : policy.refusalOfLater(request, engine.clients?.[sid]?.request);
  };
  if (typeof engine.verify !== 'function') {
    engine.use((request, _response, next) =>
      decide(request, ask(request), (why) => next(why === undefined ? undefined : new Error(why))),
    );
    return;
  }
  const verify = engine.verify.bind(engine);
  engine.verify = (request, isUpgrade, answer) =>
    decide(request, ask(request), (why) => {
      if (why === undefined) verify(request, isUpgrade, answer);
      else answer(FORBIDDEN, { message: why });
    });
}

/** Goes on at once where it can: a client that has hung up meanwhile must not be waited for. */
function decide(request: IncomingMessage, verdict: Verdict | Promise<Verdict>, goOn: (why: Verdict) => void): void {
  if (!(verdict instanceof Promise)) return goOn(verdict);
  void verdict.then((why) => {
    if (!request.socket.destroyed) goOn(why);
  });
}

/** Returns the session that a request continues, as Engine.IO reads it; `undefined` for a handshake. */
function sessionIn(request: IncomingMessage): string | undefined {
  const sid = (request as { _query?: { sid?: string } })._query?.sid;
  return sid ? sid : undefined;
}
