import { InvalidRoomValueError } from '../../rooms/rooms.errors.js';
import type { RoomTemplate } from '../../rooms/room-template.js';
import type { RouteResult } from '../request/route-result.js';
import { Skipped } from '../request/skipped.js';
import type { ApplicationRooms, RoomChange } from './room-change.js';
import type { ReadValue } from '../publish-context.js';

/** One `@JoinRoom` or `@LeaveRoom` on one route: finds the room that a request is about. */
export class RouteRoom implements RoomChange {
  readonly isOfApplication = true;

  constructor(
    readonly name: string,
    readonly action: 'join' | 'leave',
    readonly template: RoomTemplate,
    /** How to read the value of each field of the template. */
    private readonly values: ReadonlyMap<string, ReadValue>,
  ) {}

  async roomsOf({ context }: RouteResult): Promise<Array<PromiseSettledResult<ApplicationRooms>>> {
    // A GET route also serves HEAD, whose caller looks at the headers only.
    if ((context.request as { method?: string }).method === 'HEAD') return [];
    const entries = [...this.values].map(async ([field, read]) => {
      const value = await read(context);
      if (value === undefined || value === null) throw new Skipped(`there was no {${field}}`);
      return [field, value] as const;
    });
    const value = { rooms: [this.fill(Object.fromEntries(await Promise.all(entries)))] };
    return [{ status: 'fulfilled', value }];
  }

  private fill(values: Record<string, unknown>): string {
    try {
      return this.template.fill(values);
    } catch (error) {
      // Without a pipe, the value is what the client sent.
      throw error instanceof InvalidRoomValueError ? new Skipped(error.message, { cause: error }) : error;
    }
  }
}
