import { nearestName } from '../protocol/nearest-name.js';
import { SocketsError } from '../common/common.errors.js';
import { describeValue } from '../common/describe-value.js';

/** Thrown when a resource is declared in a way that cannot work, or differently in two places. */
export class InvalidResourceError extends SocketsError {
  readonly code = 'INVALID_RESOURCE';
}

/** Thrown when something names a verb that the resource does not have. */
export class UnknownVerbError extends SocketsError {
  readonly code = 'UNKNOWN_VERB';

  constructor(where: string, resource: string, verb: unknown, known: readonly string[]) {
    const given = typeof verb === 'string' ? `"${verb}"` : describeValue(verb);
    const verbs = known.length > 0 ? ` Its verbs are ${known.join(', ')}.` : '';
    super(
      `${where}: ${given} is not a verb of "${resource}".${verbs} A verb of your own is declared by @Publish('verb') ` +
        `on a route, or by @Resourceful('${resource}', { verbs: ['verb'] }).`,
    );
  }
}

/** Thrown when a call names no verbs, and the resource has no default verbs. */
export class VerbsRequiredError extends SocketsError {
  readonly code = 'VERBS_REQUIRED';

  constructor(where: string, resource: string) {
    super(`${where}: "${resource}" is declared with autosubscribe: false. Say which verbs: { verbs: ['updated'] }.`);
  }
}

/** Thrown when something names a resource that was not declared. */
export class UnknownResourceError extends SocketsError {
  readonly code = 'UNKNOWN_RESOURCE';

  constructor(where: string, resource: string, known: readonly string[]) {
    const nearest = nearestName(resource, known);
    super(
      `${where}: there is no resource "${resource}". ` +
        (nearest === undefined ? '' : `Did you mean "${nearest}"? `) +
        `Known are: ${known.length > 0 ? known.map((name) => `"${name}"`).join(', ') : 'none'}. ` +
        `Declare it with @Resourceful('${resource}') on its controller, or with ` +
        `SocketsModule.forRoot({ resources: { ${JSON.stringify(resource)}: {} } }).`,
    );
  }
}

/** Thrown when the schema of a view refuses a record, which is then not sent. */
export class UnfitRecordError extends SocketsError {
  readonly code = 'UNFIT_RECORD';

  constructor(issues: number) {
    super(
      `The record does not fit the view: ${issues} issue(s). Give all that the schema requires, or make optional ` +
        `what a change may leave out.`,
    );
  }
}

/** Thrown when a gateway cannot carry resources the way it is declared. */
export class InvalidGatewayError extends SocketsError {
  readonly code = 'INVALID_GATEWAY';
}

/** Thrown when a value identifies no record of the resource. */
export class InvalidRecordIdError extends SocketsError {
  readonly code = 'INVALID_RECORD_ID';

  /**
   * @param expected what an id of the resource is
   * @param problem why the value is none, where that is not plain to see
   */
  constructor(
    { resource, idField, expected }: { resource: string; idField: string; expected: string },
    value: unknown,
    problem?: string,
  ) {
    const why = problem === undefined ? '' : ` Here, ${problem}.`;
    super(
      `${resource}: ${describeValue(value)} is not an id. An id is ${expected}, or a record whose ` +
        `field "${idField}" holds it.${why} If the ids are in another field or of another type, say so: ` +
        `@Resourceful('${resource}', { id: 'field', idType: 'string' }).`,
    );
  }
}

/** Thrown when a record is named by its key, and it is not known which record has it. */
export class UnknownRecordKeyError extends SocketsError {
  readonly code = 'UNKNOWN_RECORD_KEY';

  /** @param problem why it is not known */
  constructor(resource: string, value: unknown, problem: string) {
    super(
      `${resource}: ${describeValue(value)} leads to no record: ${problem}. Give the id, or the record with its id, ` +
        `or the record as it was by the option "previous".`,
    );
  }
}

/** Thrown when a relation does not fit what the other side declares. */
export class InvalidRelationError extends SocketsError {
  readonly code = 'INVALID_RELATION';
}

/** Thrown when the policy of a resource cannot be made. */
export class PolicyNotCreatedError extends SocketsError {
  readonly code = 'POLICY_NOT_CREATED';

  constructor(resource: string, policy: string, reason: string, options?: ErrorOptions) {
    super(
      `The option "authorize" of the resource "${resource}" names the class ${policy}, which cannot be made. ${reason}`,
      options,
    );
  }
}

/** Thrown when a value is not a record, or the part of one, that it should be. */
export class InvalidRecordError extends SocketsError {
  readonly code = 'INVALID_RECORD';

  constructor(where: string, value: unknown, expected: string) {
    super(`${where}: ${describeValue(value)} is not ${expected}.`);
  }
}

/** Thrown when a method cannot listen to publications the way it is declared. */
export class InvalidListenerError extends SocketsError {
  readonly code = 'INVALID_LISTENER';
}

/** Thrown when a value is not a slice of the resource. */
export class InvalidSliceError extends SocketsError {
  readonly code = 'INVALID_SLICE';

  /** @param slices the names of the resource's slices */
  constructor(where: string, resource: string, given: unknown, slices: string) {
    super(
      slices === ''
        ? `${where}: "${resource}" has no slices, so ${describeValue(given)} is none. Declare them: ` +
            `@Resourceful('${resource}', { slices: ['field'] }). Options come after the slice.`
        : `${where}: ${describeValue(given)} is not a slice of "${resource}". A slice is an object that holds ` +
            `exactly the fields of one of these, with their values (strings, numbers or booleans): ${slices}. ` +
            `Options come after it.`,
    );
  }
}

/** Thrown when a publication cannot be written in the transaction of the application, as the option `outbox` says. */
export class OutboxError extends SocketsError {
  readonly code = 'OUTBOX';

  constructor(method: string, problem: string, cause?: unknown) {
    super(`${method}: the option "outbox" ${problem}`);
    if (cause !== undefined) this.cause = cause;
  }
}
