/** The event that tells the members of a room who joins it and who leaves. */
export const PRESENCE_EVENT = 'presence';

/** A user joined a room with the first of their sockets, or left it with the last. */
export interface PresenceMessage<User = unknown> {
  room: string;
  /** The user's id, in its written form. */
  id: string;
  status: 'joined' | 'left';
  /** What the server shows of the user, if anything. */
  user?: User;
}
