/** A command that Redis has not answered yet. */
interface Call {
  isSent: boolean;
  readonly reject: (error: Error) => void;
}

/**
 * Knows what a client has sent by its present connection. Those of `ioredis` say nothing of what was on its way when a
 * connection ended: who awaits it would do so for ever.
 */
export class InFlight {
  /** In the order in which they were called. */
  private readonly calls = new Set<Call>();

  /** Gives the outcome of a command, or rejects when the connection ends that it was sent by. */
  settle<T>(outcome: Promise<T>, isSent: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const call: Call = { isSent, reject };
      this.calls.add(call);
      outcome.then(resolve, reject).finally(() => this.calls.delete(call));
    });
  }

  /** What has waited for a connection is sent by it. */
  sendAll(): void {
    for (const call of this.calls) call.isSent = true;
  }

  /** Rejects what was sent by the connection that has ended. */
  rejectSent(): void {
    for (const call of this.calls) {
      if (!call.isSent) continue;
      this.calls.delete(call);
      call.reject(new Error('The connection to Redis ended before it answered.'));
    }
  }
}
