import { RoomTemplate } from '../../rooms/room-template.js';
import type { RoomMetadata } from '../decorators/decorator-metadata.js';
import { DecoratorValidator } from './decorator-validator.js';
import { findJoiningProblem } from '../decorators/join-room.options.js';
import { RouteRoom } from '../subscribe/route-room.js';
import type { ReadValue } from '../publish-context.js';
import { RouteValues } from './route-values.js';

/** Reads one `@JoinRoom` or `@LeaveRoom` on one route, and refuses it if it cannot work. */
export class JoinRoomValidator extends DecoratorValidator<RoomMetadata> {
  /** @throws InvalidRoomMoveError */
  validate(): RouteRoom {
    const { metadata, name } = this;
    const { kind, options } = metadata;
    const problem = findJoiningProblem(kind, options);
    if (problem !== undefined) this.refuse(problem);
    this.assertIsRoute();
    const template = this.readTemplate();
    const values = new Map(template.fields.map((field) => [field, this.readValue(field)]));
    this.refuseIdleValues(template);
    return new RouteRoom(name, kind === 'joined' ? 'join' : 'leave', template, values);
  }

  private readTemplate(): RoomTemplate {
    try {
      return new RoomTemplate(this.metadata.room);
    } catch (error) {
      return this.refuse((error as Error).message);
    }
  }

  private readValue(field: string): ReadValue {
    const { values = {} } = this.metadata.options;
    const isNamed = Object.hasOwn(values, field);
    const source = isNamed ? values[field] : field;
    if (typeof source === 'function') return source;
    const known = new RouteValues(this.route);
    const read = known.find(source, isNamed);
    if (read) return read;
    const there = known.names.length > 0 ? `There are ${known.names.join(', ')}.` : 'There are none.';
    const ofQuery = known.hasQueryObject
      ? ` Of the object that the handler takes by @Query(), a field counts only if it is named: { values: { ` +
        `${field}: '${field}' } }.`
      : '';
    return this.refuse(
      `{${field}} is in the room's name, and the route has no path or query parameter "${source}" on every ` +
        `path to it. ${there} ` +
        `Name one of them, take one by @Param() or @Query('${field}'), or say where the value comes from: { ` +
        `values: { ${field}: (context) => … } }.${ofQuery}`,
    );
  }

  private refuseIdleValues({ fields }: RoomTemplate): void {
    const idle = Object.keys(this.metadata.options.values ?? {}).find((field) => !fields.includes(field));
    if (idle === undefined) return;
    this.refuse(`the option "values" says where {${idle}} comes from, which is not in the room's name.`);
  }
}
