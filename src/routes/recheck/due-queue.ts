/** An item that is due at a certain time. */
export interface Due {
  /** The time, by `performance.now()`. */
  due: number;
  /** The item's position in the heap; `undefined` while it is not queued. */
  position: number | undefined;
}

/** A priority queue, kept as a binary heap: `first` is the item that is due next. */
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
