import type { RecordId } from '../../protocol/resource-message.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { RouteResult } from '../request/route-result.js';
import type { RecordFinder } from '../request/record-finder.js';
import type { RoomChange, SubscriptionRooms } from './room-change.js';
import type { RouteSlice } from '../request/route-slice.js';
import type { UnsubscribeOptions } from '../decorators/subscribe.options.js';

/** One `@Unsubscribe` on one route: finds the rooms of what the route is about. */
export class RouteUnsubscription implements RoomChange {
  readonly action = 'leave';

  constructor(
    readonly resource: Resource,
    private readonly options: UnsubscribeOptions,
    readonly name: string,
    private readonly finder: RecordFinder,
    /** The slice that is no longer watched, where it is not the whole collection. */
    private readonly slice: RouteSlice | undefined,
  ) {}

  async roomsOf(result: RouteResult): Promise<Array<PromiseSettledResult<SubscriptionRooms>>> {
    const records = (await this.subjectsOf(result)).map(async (id) => this.resource.allRecordRooms(await id()));
    const all = [...records, this.collectionRooms(result)];
    return Promise.allSettled(all.map(async (rooms) => ({ resource: this.resource.name, rooms: await rooms })));
  }

  private async collectionRooms({ context }: RouteResult): Promise<string[]> {
    if (!this.options.watch) return [];
    const slices = await this.slice?.find(context);
    if (slices === undefined) return this.resource.allCollectionRooms();
    return slices.flatMap(({ key }) => this.resource.allCollectionRooms(key));
  }

  /** Finds the ids: the one in the path, which leaves no doubt, or else those in the response. */
  private async subjectsOf(result: RouteResult): Promise<Array<() => Promise<RecordId> | RecordId>> {
    const { finder } = this;
    const ofRoute = finder.routeId(result);
    if (ofRoute !== undefined) return [() => finder.canonical(ofRoute)];
    const { value: selected } = await finder.select(result);
    if (this.endsWatchingOnly(selected)) return [];
    const several = Array.isArray(selected);
    const given: unknown[] = several ? selected : [selected];
    return given.map((one) => () => (isId(one) ? finder.canonical(one) : finder.idOf(one, result, several)));
  }

  private endsWatchingOnly(selected: unknown): boolean {
    const saysNothing = selected === undefined || selected === null;
    return saysNothing && this.options.watch === true && typeof this.options.id !== 'function';
  }
}

function isId(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
