/** The room of all sockets of a session: of all windows of one browser. */
export const sessionRoom = (sessionId: string): string => `session:${sessionId}`;
