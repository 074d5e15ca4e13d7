import { LineLogger } from '../../common/log.js';
import { RoomTemplate } from '../../rooms/room-template.js';
import { InvalidRoomValueError } from '../../rooms/rooms.errors.js';
import type { PublishContext, ReadValue } from '../publish-context.js';

/** The records in which a value may be, the most certain first. */
export interface RoomRecords {
  /** What is known of the record itself: the response. */
  shown: object | undefined;
  /** The record as it was, which for one that is gone says where that was. */
  previous: object | undefined;
  isGone: boolean;
}

/** The option `to` of one publishing decorator, where it names rooms, or templates of their names. */
export class AdditionalRooms {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly missing = new Set<string>();

  /**
   * @param name the decorator and the route
   * @param parameters the path and query parameters that the fields of templates are named like
   */
  constructor(
    private readonly name: string,
    private readonly rooms: ReadonlyArray<string | RoomTemplate>,
    private readonly parameters: ReadonlyMap<string, ReadValue>,
  ) {}

  /** Returns the rooms of a publication. A room for which there is no value is left out, which is logged once. */
  async of(records: RoomRecords, context: PublishContext): Promise<string[]> {
    const filled = this.rooms.map(async (room) =>
      typeof room === 'string' ? room : this.fill(room, records, context),
    );
    return (await Promise.all(filled)).filter((room) => room !== undefined);
  }

  private async fill(
    template: RoomTemplate,
    records: RoomRecords,
    context: PublishContext,
  ): Promise<string | undefined> {
    const values = template.fields.map(async (field) => [field, await this.valueOf(field, records, context)] as const);
    try {
      return template.fill(Object.fromEntries(await Promise.all(values)));
    } catch (error) {
      if (!(error instanceof InvalidRoomValueError)) throw error;
      this.warnOnce(error);
      return undefined;
    }
  }

  /** Reads the record before the parameters: a client chooses what it asks for, and not what it is given. */
  private async valueOf(field: string, records: RoomRecords, context: PublishContext): Promise<unknown> {
    const { shown, previous, isGone } = records;
    const sources = isGone ? [shown, previous] : [shown];
    const known = sources.map((record) => ownField(record, field)).find((value) => value !== undefined);
    return known ?? (await this.parameters.get(field)?.(context)) ?? ownField(previous, field);
  }

  private warnOnce({ field, message }: InvalidRoomValueError): void {
    if (this.missing.has(field)) return;
    this.missing.add(field);
    this.logger.warn(
      `${this.name}: an additional room was left out. ${message} It is a field of the record in the response, or a ` +
        `path or query parameter of the route; or say { to: (record, context) => … }. (Logged once per route.)`,
    );
  }
}

function ownField(record: object | undefined, field: string): unknown {
  const value = record && Object.hasOwn(record, field) ? (record as Record<string, unknown>)[field] : undefined;
  return value ?? undefined;
}
