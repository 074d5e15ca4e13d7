/** The event by which the members of a room hear who comes into it and who goes. */
export const PRESENCE_EVENT = 'presence';

/** A user came into a room, with the first of their sockets, or left it, with the last. */
export interface PresenceMessage<User = unknown> {
  room: string;
  /** The user's id, as it is written. */
  id: string;
  status: 'joined' | 'left';
  /** What the server shows of the user, if it does. */
  user?: User;
}
