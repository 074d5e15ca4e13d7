/** How much is sent in one turn of the event loop, whoever it is for: everything else waits for it. */
const MOST_IN_A_TURN = 100;

/**
 * Divides what sockets have missed among turns of the event loop. Sockets are served one after the other, so that each
 * is kept waiting for as short a time as can be.
 */
export class SendingTurns {
  private count = 0;
  /** What is under way; the last of them, if there are several. */
  private last: Promise<void> | undefined;

  /** Sends all of these, at once if they are few and nothing else is under way. */
  sendAll<T>(all: readonly T[], send: (one: T) => void): void | Promise<void> {
    if (this.last || this.count + all.length > MOST_IN_A_TURN) {
      const sending = this.sendAfter(this.last, all, send);
      this.last = sending;
      const end = (): void => {
        if (this.last === sending) this.last = undefined;
      };
      sending.then(end, end);
      return sending;
    }
    for (const one of all) this.sendNow(one, send);
  }

  private async sendAfter<T>(before: Promise<void> | undefined, all: readonly T[], send: (one: T) => void) {
    await before?.catch(() => undefined);
    for (const one of all) {
      if (this.count >= MOST_IN_A_TURN) await new Promise((resolve) => setImmediate(resolve));
      this.sendNow(one, send);
    }
  }

  private sendNow<T>(one: T, send: (one: T) => void): void {
    // It comes before what waits for the next turn.
    if (this.count++ === 0) setImmediate(() => (this.count = 0));
    send(one);
  }
}
