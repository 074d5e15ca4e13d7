import type { Namespace, Server } from 'socket.io';
import { membersOnAllServers } from '../../rooms/members/member-questions.js';
import { ForeignNamespaceError } from '../../rooms/rooms.errors.js';
import { reachesOtherServers } from '../../server/cluster/server-events.js';
import { ServersTimeoutError } from '../../server/server.errors.js';

/**
 * Finds targets of a call, sockets' ids or rooms, all of whose sockets are connected to namespaces that do not carry
 * the resource: the call would do nothing, and say nothing.
 */
export class TargetReach {
  /** Whether a server has namespaces other than these. */
  static isLimited(io: Server, namespaces: readonly string[]): boolean {
    return io._nsps.size > namespaces.length || !namespaces.every((name) => io._nsps.has(name));
  }

  private readonly carrying: Namespace[];
  private readonly foreign: Namespace[];

  /** @param namespaces those that carry the resource */
  constructor(
    private readonly method: string,
    io: Server,
    private readonly namespaces: readonly string[],
  ) {
    const all = [...io._nsps.values()];
    this.carrying = all.filter(({ name }) => namespaces.includes(name));
    this.foreign = all.filter(({ name }) => !namespaces.includes(name));
  }

  /**
   * Returns those targets of which only other servers can know more.
   *
   * @throws ForeignNamespaceError for a target that this server knows
   */
  assertHere(targets: readonly string[]): string[] {
    if (this.foreign.length === 0) return [];
    const unknown = targets.filter((target) => !this.carrying.some(({ adapter }) => adapter.rooms.has(target)));
    const isClustered = this.foreign.some(({ adapter }) => reachesOtherServers(adapter));
    for (const target of unknown) {
      const namespace = this.foreign.find(({ adapter }) => adapter.rooms.has(target));
      // Sockets of other servers may be in a room of that name; a socket is connected to one server.
      if (namespace && (!isClustered || namespace.sockets.has(target))) this.refuse(namespace);
    }
    return isClustered ? unknown : [];
  }

  /** @throws ForeignNamespaceError */
  async assertElsewhere(targets: readonly string[]): Promise<void> {
    await Promise.all(targets.map((target) => this.assertReached(target)));
  }

  private async assertReached(target: string): Promise<void> {
    try {
      if (await this.findMember(this.carrying, target)) return;
      const namespace = await this.findMember(this.foreign, target);
      if (namespace) this.refuse(namespace);
    } catch (error) {
      // Where the other servers do not answer, nothing is known to be wrong.
      if (!(error instanceof ServersTimeoutError)) throw error;
    }
  }

  /** Finds a namespace in which any server has a socket in this room. */
  private async findMember(namespaces: readonly Namespace[], target: string): Promise<Namespace | undefined> {
    const found = await Promise.all(namespaces.map((one) => membersOnAllServers(this.method, one, [target])));
    return namespaces.find((_, index) => (found[index] ?? []).length > 0);
  }

  private refuse({ name }: Namespace): never {
    throw new ForeignNamespaceError(this.method, this.namespaces, name);
  }
}
