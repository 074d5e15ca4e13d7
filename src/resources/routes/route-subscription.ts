import type { RelationGraph } from '../relations/relation-graph.js';
import type { Resource } from '../resource.js';
import { isRecord, NothingToDo, type Answer } from './answer.js';
import { populatedIn, type ResourceRecord } from './populated-records.js';
import type { RecordFinder } from './record-finder.js';
import type { RequesterMove, ResourceRooms } from './requester-move.js';
import type { SubscribeOnReadOptions } from './subscriber.options.js';

/** One `@SubscribeOnRead` on one route: the rooms of what a reader was given. */
export class RouteSubscription implements RequesterMove {
  readonly how = 'socketsJoin';

  constructor(
    readonly resource: Resource,
    private readonly options: SubscribeOnReadOptions,
    readonly name: string,
    private readonly finder: RecordFinder,
    private readonly relations: RelationGraph,
  ) {}

  async roomsOf(answer: Answer): Promise<Array<PromiseSettledResult<ResourceRooms>>> {
    if (isHead(answer)) return [];
    const selected = await this.finder.select(answer);
    const several = Array.isArray(selected);
    const given: unknown[] = several ? selected : [selected];
    const records = given.filter(isRecord);
    if (!several && records.length === 0) return [];
    const own = records.map((record) => this.ownRooms(record, answer, several));
    const populated = records.flatMap((record) => this.populatedIn(record)).map(relatedRooms);
    return Promise.allSettled([...own, ...populated, this.collectionRooms()]);
  }

  private async ownRooms(record: object, answer: Answer, several: boolean): Promise<ResourceRooms> {
    const { resource } = this;
    const verbs = resource.subscribedVerbs(this.name, this.options.verbs);
    return {
      resource: resource.name,
      rooms: resource.recordRooms(await this.finder.idOfRead(record, answer, several), verbs),
    };
  }

  private populatedIn(record: Record<string, unknown>): ResourceRecord[] {
    const { relations = false } = this.options;
    if (relations === false) return [];
    return populatedIn({ resource: this.resource, record }, this.relations, relations === true ? undefined : relations);
  }

  private async collectionRooms(): Promise<ResourceRooms> {
    const { resource } = this;
    const { watch = false } = this.options;
    if (watch === false) return { resource: resource.name, rooms: [] };
    const verbs = resource.subscribedVerbs(this.name, watch === true ? undefined : watch);
    return { resource: resource.name, rooms: resource.collectionRooms(verbs) };
  }
}

async function relatedRooms({ resource, record }: ResourceRecord): Promise<ResourceRooms> {
  if (!resource.autosubscribes) return { resource: resource.name, rooms: [] };
  const id = resource.findIdOf(record);
  if (id === undefined) throw new NothingToDo(`a record of "${resource.name}" stands in the response without its id`);
  return { resource: resource.name, rooms: resource.recordRooms(id, resource.subscribedVerbs(resource.name)) };
}

/** Served by the routes of GET, and given nothing to read. */
function isHead({ context }: Answer): boolean {
  return (context.request as { method?: string }).method === 'HEAD';
}
