/** Keeps the order of calls where now and then one has to wait for something. Who waits for nothing and for nobody goes on at once. */
export class Turns {
  private last: Promise<unknown> | undefined;

  take<T>(value: T | Promise<T>, goOn: (value: T) => void): void | Promise<void> {
    if (!this.last && !(value instanceof Promise)) return goOn(value);
    const turn = Promise.resolve(this.last).then(async () => goOn(await value));
    const over = turn.catch(() => undefined);
    this.last = over;
    void over.then(() => {
      if (this.last === over) this.last = undefined;
    });
    return turn;
  }
}
