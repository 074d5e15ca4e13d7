/** The header by which a caller names its change: 1 to 128 visible ASCII characters. In an answer it says that `MUTATED_EVENT` follows. */
export const MUTATION_HEADER = 'mutation-id';

/** Told to the socket that asked for a change of which it hears too, after everything that was published of it. */
export const MUTATED_EVENT = 'sockets:mutated';

/** A change has come round. */
export interface Mutated {
  /** As the caller named it. */
  mutation: string;
}

export function isMutationId(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,128}$/.test(value);
}
