/** The second argument of a publication's event: facts about the delivery, which plain listeners ignore. */
export interface DeliveryNote {
  /** Unique for each publication: the same for everybody who hears it. */
  id: string;
  /** What its originator calls the change that it tells of, if he gave it a name: by the header `Mutation-Id`, or the option `mutation`. */
  mutation?: string;
}

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

/** The second argument of a signal, which one client sent to the others in a room by a relay of the server's. */
export interface SignalNote {
  /** The id of the user who sent it, as the server knows it; absent if it does not know who that is. */
  user?: string;
}
