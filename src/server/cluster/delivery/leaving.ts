import type { Server } from 'socket.io';
import { FailureLog, LineLogger } from '../../../common/log.js';
import { Slot, serverState } from '../../state.js';

type Act = () => void | Promise<void>;

interface Leaving {
  readonly acts: Act[];
  /** Close the adapters. */
  readonly closes: Act[];
  left?: Promise<void>;
}

const leaving = new Slot<Leaving>(() => ({ acts: [], closes: [] }));
const failures = new FailureLog(new LineLogger('SocketsModule'));

/**
 * Has something done before a server leaves the others, while they and it still hear each other. Those who ask last are
 * the first to act.
 */
export function beforeLeaving(io: Server, act: Act): void {
  serverState(io).get(leaving).acts.unshift(act);
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
  return (state.left ??= leave(state));
}

async function leave({ acts, closes }: Leaving): Promise<void> {
  for (const act of acts) {
    try {
      await act();
    } catch (error) {
      failures.report('A server has left the others before everything was done.', error);
    }
  }
  await Promise.allSettled(closes.map(async (close) => close()));
}
