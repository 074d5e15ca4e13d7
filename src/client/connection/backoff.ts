import type { Manager } from 'socket.io-client';

/** Tries later and later, and so often, as Socket.IO was told to; for what it does not try again by itself. */
export class Backoff {
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly manager: Manager) {}

  /** @returns false if it is not to be tried again */
  retry(attempt: () => void): boolean {
    const { manager } = this;
    if (!manager.reconnection() || this.attempts >= manager.reconnectionAttempts()) return false;
    clearTimeout(this.timer);
    this.timer = setTimeout(attempt, this.delay());
    // Only Node has this, and only there may a program end meanwhile.
    if (manager.opts.autoUnref) (this.timer as { unref?(): void }).unref?.();
    return true;
  }

  /** Nothing is tried any more. */
  reset(): void {
    clearTimeout(this.timer);
    this.attempts = 0;
  }

  private delay(): number {
    const { manager } = this;
    const jitter = (Math.random() * 2 - 1) * manager.randomizationFactor();
    return Math.min(manager.reconnectionDelay() * 2 ** this.attempts++ * (1 + jitter), manager.reconnectionDelayMax());
  }
}
