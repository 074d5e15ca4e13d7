import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import { Slot, serverState } from '../state.js';

type Engine = Server['engine'];
type Attach = (engine: Engine) => void;

/** What Engine.IO calls for each request before it looks at it. */
export type EngineMiddleware = (request: IncomingMessage, response: object, next: () => void) => void;

/** What is to be called for each further engine, and those that there are. */
interface Engines {
  attaching: Attach[];
  known: Set<Engine>;
}

const engines = new Slot<Engines>(() => ({ attaching: [], known: new Set() }));

/**
 * Calls back for each engine of a server: at once for the one that it has, and later for each that it gets when the
 * application attaches it to a further HTTP server by Socket.IO's own method.
 */
export function eachEngine(io: Server, attach: Attach): void {
  attach(io.engine);
  const { attaching, known } = serverState(io).get(engines);
  attaching.push(attach);
  if (attaching.length > 1) return;
  known.add(io.engine);
  const bind = io.bind.bind(io);
  io.bind = (engine: Engine) => {
    if (!known.has(engine)) attaching.forEach((one) => one(engine));
    known.add(engine);
    return bind(engine);
  };
}

/** Returns how many connections a server has, by all of its engines. */
export function countConnections(io: Server): number {
  let count = 0;
  for (const { clientsCount } of serverState(io).get(engines).known) count += clientsCount;
  return count;
}

/** Puts a middleware before those that an engine has already, such as that of CORS, which asks the application. */
export function putFirst(engine: Engine, middleware: EngineMiddleware): void {
  engine.use(middleware);
  const { middlewares: inOrder } = engine as unknown as { middlewares?: unknown[] };
  if (Array.isArray(inOrder)) inOrder.unshift(inOrder.pop());
}
