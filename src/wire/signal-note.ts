/** The second argument of a signal, which one client sent to the others in a room by a relay of the server's. */
export interface SignalNote {
  /** The id of the user who sent it, as the server knows it; absent if it does not know who that is. */
  user?: string;
}
