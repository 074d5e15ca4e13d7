import type { Server } from 'socket.io';
import { FailureLog, LineLogger } from '../../../common/log.js';
import { Slot, serverState } from '../../state.js';

type Act = () => void | Promise<void>;

/** What still publishes comes before what tells the others what they may lack. */
type Phase = 'publish' | 'tell';

interface Leaving {
  readonly acts: Record<Phase, Act[]>;
  /** Close the adapters. */
  readonly closes: Act[];
  left?: Promise<void>;
}

const leaving = new Slot<Leaving>(() => ({ acts: { publish: [], tell: [] }, closes: [] }));
const failures = new FailureLog(new LineLogger('SocketsModule'));

/** Has something done before a server leaves the others, while they and it still hear each other. */
export function beforeLeaving(io: Server, phase: Phase, act: Act): void {
  serverState(io).get(leaving).acts[phase].push(act);
}

/**
 * Keeps a server with the others until it is to leave them, though Socket.IO closes it: requests under way publish, and
 * go by what the others tell.
 */
export function stayWithOthers(io: Server): void {
  const { closes } = serverState(io).get(leaving);
  for (const { adapter } of io._nsps.values()) {
    closes.push(adapter.close.bind(adapter));
    adapter.close = () => {};
  }
}

/** Has a server leave the others, once, and waits until it has. */
export function leaveOthers(io: Server): Promise<void> {
  const state = serverState(io).get(leaving);
  return (state.left ??= leave(io, state));
}

async function leave(io: Server, { acts, closes }: Leaving): Promise<void> {
  for (const act of [...acts.publish, ...acts.tell]) {
    try {
      await act();
    } catch (error) {
      failures.report('A server has left the others before everything was done.', error);
    }
  }
  // Requests under way may have made namespaces.
  stayWithOthers(io);
  await Promise.allSettled(closes.map(async (close) => close()));
}
