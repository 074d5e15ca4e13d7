import { SocketsError } from '../common/common.errors.js';
import { describeValue } from '../common/describe-value.js';

/** A resource is declared in a way that cannot work, or differently in two places. */
export class InvalidResourceError extends SocketsError {
  readonly code = 'INVALID_RESOURCE';
}

/** A verb is named that nothing of this resource is ever published with. */
export class UnknownVerbError extends SocketsError {
  readonly code = 'UNKNOWN_VERB';

  constructor(where: string, resource: string, verb: unknown, known: readonly string[]) {
    super(
      `${where}: ${typeof verb === 'string' ? `"${verb}"` : describeValue(verb)} is no verb of "${resource}"${known.length > 0 ? `. Its verbs are ${known.join(', ')}` : ''}. ` +
        `A verb of your own is declared by @Publish('verb') on a route, or by @Resourceful('${resource}', { verbs: ['verb'] }).`,
    );
  }
}

/** The resource subscribes nobody to all of its verbs, and the call named none. */
export class VerbsRequiredError extends SocketsError {
  readonly code = 'VERBS_REQUIRED';

  constructor(where: string, resource: string) {
    super(`${where}: "${resource}" is declared with autosubscribe: false. Say which verbs: { verbs: ['updated'] }.`);
  }
}

/** A resource is named that nobody declared. */
export class UnknownResourceError extends SocketsError {
  readonly code = 'UNKNOWN_RESOURCE';

  constructor(where: string, resource: string, known: readonly string[]) {
    super(
      `${where}: there is no resource "${resource}". ` +
        `Known are: ${known.length > 0 ? known.map((name) => `"${name}"`).join(', ') : 'none'}. ` +
        `Declare it with @Resourceful('${resource}') on its controller, or with SocketsModule.forRoot({ resources: { ${JSON.stringify(resource)}: {} } }).`,
    );
  }
}

/** The schema that is the view of a record refuses it, so it is not sent. */
export class UnfitRecordError extends SocketsError {
  readonly code = 'UNFIT_RECORD';

  constructor(issues: number) {
    super(
      `The record does not fit the view: ${issues} issue(s). Give all that the schema requires, or make optional what a change may leave out.`,
    );
  }
}

/** A gateway cannot carry resources the way it is declared. */
export class InvalidGatewayError extends SocketsError {
  readonly code = 'INVALID_GATEWAY';
}

/** What was given identifies no record of this resource. */
export class InvalidRecordIdError extends SocketsError {
  readonly code = 'INVALID_RECORD_ID';

  constructor(resource: string, idField: string, value: unknown, idType?: 'number' | 'string') {
    const expected = idType === 'number' ? 'a number' : 'a non-empty string or a number';
    super(
      `${resource}: ${describeValue(value)} is no id. An id is ${expected}, or a record whose field "${idField}" holds it. ` +
        `If the ids are in another field or of another type, say so: @Resourceful('${resource}', { id: 'field', idType: 'string' }).`,
    );
  }
}

/** A relation that does not fit what the other side says. */
export class InvalidRelationError extends SocketsError {
  readonly code = 'INVALID_RELATION';
}

/** The policy that a resource is declared with could not be made. */
export class PolicyNotCreatedError extends SocketsError {
  readonly code = 'POLICY_NOT_CREATED';

  constructor(resource: string, policy: string, reason: string, options?: ErrorOptions) {
    super(
      `The option "authorize" of the resource "${resource}" names the class ${policy}, which cannot be made. ${reason}`,
      options,
    );
  }
}

/** What was given as a record, or as part of one, is something else. */
export class InvalidRecordError extends SocketsError {
  readonly code = 'INVALID_RECORD';

  constructor(where: string, value: unknown, expected: string) {
    super(`${where}: ${describeValue(value)} is not ${expected}.`);
  }
}

/** A method cannot hear of publications the way it is declared. */
export class InvalidListenerError extends SocketsError {
  readonly code = 'INVALID_LISTENER';
}

/** What was given is no slice of this resource. */
export class InvalidSliceError extends SocketsError {
  readonly code = 'INVALID_SLICE';

  /** @param slices the names of those that there are */
  constructor(where: string, resource: string, given: unknown, slices: string) {
    super(
      slices === ''
        ? `${where}: "${resource}" has no slices, so ${describeValue(given)} is none. Declare them: @Resourceful('${resource}', { slices: ['field'] }). Options come after the slice.`
        : `${where}: ${describeValue(given)} is no slice of "${resource}". A slice is an object that holds exactly the fields of one of these, with their values (strings, ` +
            `numbers or booleans): ${slices}. Options come after it.`,
    );
  }
}
