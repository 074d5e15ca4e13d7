/** One message about a record: `1@7` is version 7 of record 1. */
type Message = string;

/** Knows who must be told what, from what has been done; it knows nothing of how a server finds out. */
export class Oracle {
  private readonly rights = new Map<string, Set<number>>();
  private readonly readers = new Map<string, { user: string; records: Set<number>; due: Message[] }>();

  connected(client: string, user: string): void {
    this.readers.set(client, { user, records: new Set(), due: [] });
  }

  granted(user: string, record: number): void {
    this.rights.set(user, (this.rights.get(user) ?? new Set()).add(record));
  }

  /** Whoever has lost a right is told nothing more, also once the right is given back, until the next read. */
  revoked(user: string, record: number): void {
    this.rights.get(user)?.delete(record);
    for (const reader of this.readers.values()) if (reader.user === user) reader.records.delete(record);
  }

  /** The status that a read must have. */
  read(client: string, record: number): number {
    const reader = this.readers.get(client)!;
    if (!this.rights.get(reader.user)?.has(record)) return 403;
    reader.records.add(record);
    return 200;
  }

  unsubscribed(client: string, record: number): void {
    this.readers.get(client)!.records.delete(record);
  }

  published(record: number, version: number): void {
    for (const { records, due } of this.readers.values()) if (records.has(record)) due.push(`${record}@${version}`);
  }

  /** What a client must have been told by now, since it is connected; no more, no less, and in this order. */
  due(client: string): readonly Message[] {
    return this.readers.get(client)!.due;
  }
}
