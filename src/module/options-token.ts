/** Injection token of the options that `SocketsModule` was given, by which other entry points find them, too. */
export const SOCKETS_MODULE_OPTIONS = 'SOCKETS_MODULE_OPTIONS';
