/**
 * Takes part in the start of the application. `SocketsModule` asks all rooms of the library for one phase before it
 * asks any of them for the next, so that a phase finds what the one before it has left.
 */
export interface BootParticipant {
  /** Collects what the application declares, by decorators and by options. */
  declare?(): void;
  /** Refuses what cannot work, now that everything has been declared. */
  check?(): void;
  /** Makes what may inject providers of any module, now that all modules have been made. */
  prepare?(): Promise<void>;
  /** Listens to the server. The application's routes and gateways are connected only after this. */
  listen?(): void;
}
