import type { Manager } from 'socket.io-client';

/**
 * Retries what Socket.IO does not retry by itself, as often and with the increasing delays that Socket.IO's
 * reconnection options specify.
 */
export class Backoff {
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly manager: Manager) {}

  /** @returns false if there is no attempt left */
  retry(attempt: () => void): boolean {
    const { manager } = this;
    if (!manager.reconnection() || this.#attempts >= manager.reconnectionAttempts()) return false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(attempt, this.#delay());
    // Only Node's timers have this, and only in Node can the program end in the meantime.
    if (manager.opts.autoUnref) (this.#timer as { unref?(): void }).unref?.();
    return true;
  }

  /** Cancels the pending attempt and starts counting from zero. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#attempts = 0;
  }

  #delay(): number {
    const { manager } = this;
    const jitter = (Math.random() * 2 - 1) * manager.randomizationFactor();
    return Math.min(manager.reconnectionDelay() * 2 ** this.#attempts++ * (1 + jitter), manager.reconnectionDelayMax());
  }
}

/** Those that wait for a time that they were told. */
const told = new WeakSet<Manager>();

/** Has socket.io-client wait so many milliseconds, give or take its jitter, before it first tries to reconnect. */
export function reconnectIn(manager: Manager, milliseconds: number): void {
  // Several clients may share one manager, and the delays of the first are the usual ones.
  if (told.has(manager)) return;
  told.add(manager);
  const [delay, most] = [manager.reconnectionDelay(), manager.reconnectionDelayMax()];
  manager.reconnectionDelay(milliseconds);
  manager.reconnectionDelayMax(Math.max(milliseconds, most));
  manager.once('reconnect_attempt', () => {
    told.delete(manager);
    manager.reconnectionDelay(delay);
    manager.reconnectionDelayMax(most);
  });
}
