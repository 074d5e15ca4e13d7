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
