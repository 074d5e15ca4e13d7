import { STALE_EVENT, type Staleness } from '../../protocol/notes.js';
import { hearOtherServers, tellOtherServers } from '../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';
import type { PublicationJournal } from '../journal/publication-journal.js';

const NAME = 'uncertain-slices';

/** How long slices are collected, in milliseconds: each notice has those who watch them read again. */
const COLLECTING = 50;

/** How long, where one notice follows another. */
const COLLECTING_MORE = 1_000;

/**
 * Has who watches a slice read again, on all servers, where it is not known whether a record that has changed is in it:
 * the change itself might be none of their business.
 */
export class UncertainSlices {
  /** What this server knows. */
  private readonly known = new CollectedSlices((resource, keys) => this.tellAll(resource, keys));
  /** What all servers that know have said. */
  private readonly heard = new CollectedSlices((resource, keys) => this.tellHere(resource, keys));

  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    /** `undefined` where publications are not kept. */
    private readonly journal: PublicationJournal | undefined,
  ) {}

  listen(): void {
    hearOtherServers(this.server.namespace('/'), NAME, (name, keys) => {
      const resource = typeof name === 'string' ? this.registry.find(name) : undefined;
      if (resource && Array.isArray(keys)) this.heard.add(resource, keys.map(String), COLLECTING);
    });
  }

  /** @param keys those of the slices that a record was in, by what one server knows */
  tell(resource: Resource, keys: readonly string[]): void {
    this.known.add(resource, keys, this.known.isQuiet ? COLLECTING : COLLECTING_MORE);
  }

  /** Tells the other servers at once what this one knows, since it ends. */
  end(): void {
    this.known.giveAll();
  }

  private tellAll(resource: Resource, keys: readonly string[]): void {
    if (this.server.exists) tellOtherServers(this.server.namespace('/'), NAME, [resource.name, keys]);
    this.heard.add(resource, keys, COLLECTING);
  }

  private tellHere(resource: Resource, keys: readonly string[]): void {
    if (!this.server.exists) return;
    const { name, rooms: names } = resource;
    // Who is away, or whose read is on its way, is not in the rooms.
    this.journal?.doubt(
      name,
      keys.map((slice) => names.collection({ slice })),
    );
    const rooms = keys.flatMap((key) => resource.allCollectionRooms(key));
    for (const { adapter, sockets } of this.server.io._nsps.values()) {
      const watchers = new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
      for (const id of watchers) sockets.get(id)?.emit(STALE_EVENT, { resource: name } satisfies Staleness);
    }
  }
}

/** Collects the keys of slices for a while, and gives them together. */
class CollectedSlices {
  private readonly collected = new Map<Resource, Set<string>>();
  private timer: NodeJS.Timeout | undefined;
  private lastGiven = -Infinity;

  constructor(private readonly give: (resource: Resource, keys: readonly string[]) => void) {}

  /** Whether none were given lately. */
  get isQuiet(): boolean {
    return performance.now() - this.lastGiven > COLLECTING_MORE;
  }

  /** @param time how long the first of them waits for others at most */
  add(resource: Resource, keys: readonly string[], time: number): void {
    if (keys.length === 0) return;
    const all = this.collected.get(resource) ?? new Set();
    this.collected.set(resource, all);
    for (const key of keys) all.add(key);
    this.timer ??= setTimeout(() => this.giveAll(), time).unref();
  }

  giveAll(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lastGiven = performance.now();
    const all = [...this.collected];
    this.collected.clear();
    for (const [resource, keys] of all) this.give(resource, [...keys]);
  }
}
