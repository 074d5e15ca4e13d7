/** Says what is wrong with a command, and what to do: it is written without a stack, and the command exits with 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
