/** A worker asks its primary to be one of its servers. */
export const JOIN = 'nestjs-sockets:join';

/** A worker says that it takes the connections that its primary hands on. */
export const READY = 'nestjs-sockets:ready';

/** The primary answers that it is one. */
export interface Joined {
  readonly type: 'nestjs-sockets:joined';
  /** Whether the primary hands on connections, so that the requests of a client reach the same worker. */
  readonly isSticky: boolean;
}

export function isJoined(message: unknown): message is Joined {
  return typeOf(message) === ('nestjs-sockets:joined' satisfies Joined['type']);
}

export function typeOf(message: unknown): unknown {
  return (message as { type?: unknown } | null | undefined)?.type;
}
