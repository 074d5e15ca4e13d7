/**
 * Injection token of `SocketsHealth`, for an entry point of its own: it must not have a second copy of the class, which
 * Nest would not know.
 */
export const SOCKETS_HEALTH = 'nestjs-sockets:health';
