/**
 * The base of every error of this package. `code` is stable and meant for programs, the message is meant for people:
 * what is wrong, where, and what to do.
 */
export abstract class SocketsError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Data cannot be sent: it is circular, contains a BigInt, nests too deep, or has a `toJSON` that throws. */
export class NotSerializableError extends SocketsError {
  readonly code = 'NOT_SERIALIZABLE';

  constructor(method: string, why: string, options?: ErrorOptions) {
    super(`${method}: the data cannot be sent: ${why}.`, options);
  }
}

/** An option of SocketsModule is unknown or has an invalid value. */
export class InvalidOptionsError extends SocketsError {
  readonly code = 'INVALID_OPTIONS';

  constructor(option: string, expected: string) {
    super(`SocketsModule: the option "${option}" must be ${expected}.`);
  }
}

/** The options of a call are not an object, or contain an unknown option or an invalid value. */
export class InvalidEmitOptionsError extends SocketsError {
  readonly code = 'INVALID_EMIT_OPTIONS';

  constructor(method: string, what: string, allowed: readonly string[], problem = 'is not an option here') {
    super(`${method}: ${what} ${problem}. The options are { ${allowed.join(', ')} }.`);
  }
}
