/** What is due at a time. */
export interface Due {
  /** As `performance.now()` has it. */
  due: number;
  /** Where the queue keeps it; `undefined` while it is in none. */
  position: number | undefined;
}

/** A heap: of any number, the one that is due first is at hand. */
export class DueQueue<T extends Due> {
  private readonly items: T[] = [];

  get first(): T | undefined {
    return this.items[0];
  }

  put(item: T): void {
    this.remove(item);
    this.items.push(item);
    this.rise(item, this.items.length - 1);
  }

  remove(item: T): void {
    const { position } = item;
    if (position === undefined) return;
    item.position = undefined;
    const last = this.items.pop() as T;
    if (last === item) return;
    this.sink(last, position);
    this.rise(last, last.position ?? position);
  }

  clear(): void {
    for (const item of this.items.splice(0)) item.position = undefined;
  }

  private rise(item: T, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      if (this.items[above].due <= item.due) break;
      this.place(this.items[above], position);
      position = above;
    }
    this.place(item, position);
  }

  private sink(item: T, from: number): void {
    let position = from;
    for (;;) {
      const left = 2 * position + 1;
      const right = left + 1;
      if (left >= this.items.length) break;
      const next = right < this.items.length && this.items[right].due < this.items[left].due ? right : left;
      if (this.items[next].due >= item.due) break;
      this.place(this.items[next], position);
      position = next;
    }
    this.place(item, position);
  }

  private place(item: T, position: number): void {
    this.items[position] = item;
    item.position = position;
  }
}
