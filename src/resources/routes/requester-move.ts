import type { Answer } from './answer.js';

/** Rooms of one resource. */
export interface ResourceRooms {
  resource: string;
  rooms: readonly string[];
}

/** What a route does to the rooms of the socket that asked: one decorator on one route. */
export interface RequesterMove {
  /** The decorator and the route, for logs. */
  readonly name: string;
  readonly how: 'socketsJoin' | 'socketsLeave';
  /** The rooms that an answer is about, or for each of its records why there are none. */
  roomsOf(answer: Answer): Promise<Array<PromiseSettledResult<ResourceRooms>>>;
}
