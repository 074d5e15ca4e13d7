/** The header by which an HTTP caller names its own socket, so that it does not hear of what it did itself. */
export const SOCKET_ID_HEADER = 'x-socket-id';
