import { LineLogger, logFailure } from '../../common/log.js';
import { isReservedRoom, RoomTemplate } from '../room-template.js';
import type { RoomSelector } from './presence.options.js';

/** The rooms that are declared to be tracked: by name, template, expression or function. */
export class TrackedRooms {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly selectors: Array<(room: string) => boolean>;
  private hasFailed = false;

  constructor(rooms: readonly RoomSelector[]) {
    this.selectors = rooms.map((selector) => this.read(selector));
  }

  get isEmpty(): boolean {
    return this.selectors.length === 0;
  }

  add(template: RoomTemplate): void {
    this.selectors.push((room) => template.matches(room));
  }

  has(room: string): boolean {
    return !isReservedRoom(room) && this.selectors.some((selects) => selects(room));
  }

  private read(selector: RoomSelector): (room: string) => boolean {
    if (typeof selector === 'string') {
      const template = new RoomTemplate(selector);
      return (room) => template.matches(room);
    }
    if (typeof selector === 'function') return (room) => this.ask(selector, room);
    // A copy each time: an expression with the flag "g" continues where it stopped.
    return (room) => new RegExp(selector).test(room);
  }

  private ask(selector: (room: string) => boolean, room: string): boolean {
    try {
      return selector(room) === true;
    } catch (error) {
      const what = 'The option "presence.rooms" failed, so the room is not tracked.';
      if (!this.hasFailed) logFailure(this.logger, what, error);
      this.hasFailed = true;
      return false;
    }
  }
}
