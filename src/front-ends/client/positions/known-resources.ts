import type { Positions, ResourcePosition } from '../../../protocol/position.js';
import { OrderedMessages } from './ordered-messages.js';
import { TopicPositions } from './topic-positions.js';

/** What this client has of each resource of which the server says positions. It outlives connections. */
export class KnownResources {
  readonly #all = new Map<string, OrderedMessages>();

  /**
   * @param onGap called when messages are held because something before them is missing
   * @param onLoss called when something is lost
   */
  constructor(
    private readonly onGap: () => void,
    private readonly onLoss: (resource: string) => void,
  ) {}

  get(resource: string): OrderedMessages | undefined {
    return this.#all.get(resource);
  }

  all(): [resource: string, messages: OrderedMessages][] {
    return [...this.#all];
  }

  namesWhere(isMeant: (messages: OrderedMessages) => boolean): string[] {
    return this.all().flatMap(([resource, messages]) => (isMeant(messages) ? resource : []));
  }

  /**
   * @param base where to begin with a resource, or an epoch, that is new
   * @returns `undefined` if these positions can be compared with none that count
   */
  of(resource: string, epoch: string, base: number): OrderedMessages | undefined {
    const known = this.#all.get(resource);
    if (!known) {
      const messages = new OrderedMessages(new TopicPositions(epoch, base), this.onGap, () => this.onLoss(resource));
      this.#all.set(resource, messages);
      return messages;
    }
    const { positions } = known;
    if (positions.epoch === epoch) return known;
    if (positions.former === epoch) return undefined;
    known.handOnUpTo(Infinity);
    positions.restart(epoch, base);
    this.onLoss(resource);
    return known;
  }

  /** What this client has of these resources, as far as they are of one epoch. */
  since(names: readonly string[]): Positions | undefined {
    const resources = new Map<string, ResourcePosition>();
    let epoch: string | undefined;
    for (const name of names) {
      const positions = this.#all.get(name)?.positions;
      const since = positions?.since;
      if (!positions || !since || (epoch ?? positions.epoch) !== positions.epoch) continue;
      epoch = positions.epoch;
      resources.set(name, since);
    }
    return epoch === undefined ? undefined : { epoch, resources };
  }

  /** Hands on what is held, and gives up what is missing before it, unless it is worth waiting for. */
  giveUpUnless(isKept: (resource: string, messages: OrderedMessages) => boolean): void {
    for (const [resource, messages] of this.#all) {
      if (messages.isEmpty || isKept(resource, messages)) continue;
      messages.giveUp();
      this.onLoss(resource);
    }
  }

  /** Calls the function after everything that is held now, of one resource or of all. */
  afterHeld(handOn: () => void, resource?: string): void {
    let run = handOn;
    for (const [name, messages] of this.#all) {
      const then = run;
      if (name === (resource ?? name)) run = () => messages.afterHeld(then);
    }
    run();
  }
}
