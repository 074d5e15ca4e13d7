/** The room of all sockets of a session, that is, of all windows of one browser. */
export const sessionRoom = (sessionId: string): string => `session:${sessionId}`;
