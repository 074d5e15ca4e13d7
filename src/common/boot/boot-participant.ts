/**
 * Takes part in the start of the application. `SocketsModule` asks all rooms of the library for one phase before it
 * asks any of them for the next, so that each phase can rely on the one before it.
 */
export interface BootParticipant {
  /** Collects what the application declares, by decorators and by options. */
  declare?(): void;
  /** Refuses what cannot work, now that everything has been declared. */
  check?(): void;
  /** Creates what may inject providers of any module, now that all modules exist. */
  prepare?(): Promise<void>;
  /** Listens to the server. The application's routes and gateways are connected only after this. */
  listen?(): void;
}
