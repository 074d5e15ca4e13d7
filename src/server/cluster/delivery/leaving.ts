import type { Server } from 'socket.io';
import { Slot, serverState } from '../../state.js';

type Act = () => void | Promise<void>;

const acts = new Slot<Act[]>(() => []);

/** Has something done once a server has answered its last request, while it and the others still hear each other. */
export function beforeLeaving(io: Server, act: Act): void {
  serverState(io).get(acts).push(act);
}

/** Does everything that is to be done before a server leaves the others. Has no effect the second time. */
export async function prepareToLeave(io: Server): Promise<void> {
  await Promise.allSettled(
    serverState(io)
      .get(acts)
      .splice(0)
      .map(async (act) => act()),
  );
}
