import { sockets } from './connection.js';

// Everything this page knows. What it reads is kept in step with the server by `live`.

/** The fields in which records show the ids of what was added to them. */
const relations = { cards: 'cardIds', comments: 'commentIds', voters: 'voterIds', members: 'memberIds' };

export const me = sockets.live('/session');
export const members = sockets.live('/members');
export const boards = sockets.live('/boards', { compare: (one, other) => one.id - other.id, relations });

export const cardsOf = (boardId) =>
  sockets.live('/boards/:boardId/cards', {
    params: { boardId },
    compare: (one, other) => one.position - other.position || one.id - other.id,
    relations,
    // The cards of a board that is not open are of no interest.
    linger: 0,
  });

export const activityOf = (boardId) => sockets.live('/boards/:boardId/activity', { params: { boardId } });
export const visitorsOf = (boardId) => sockets.live('/boards/:boardId/visitors', { params: { boardId } });
export const commentsOf = (cardId) => sockets.live('/cards/:cardId/comments', { params: { cardId } });

/**
 * @typedef {object} Open
 * @property {number} [boardId]
 * @property {number} [cardId]
 * @property {ReturnType<typeof cardsOf>} [cards]
 * @property {ReturnType<typeof activityOf>} [activity]
 * @property {ReturnType<typeof visitorsOf>} [visitors]
 * @property {ReturnType<typeof commentsOf>} [comments]
 */

/** Records by their ids, and what only this page knows. */
export const state = {
  /**
   * The ids of the board and of the card that are open, and their queries.
   *
   * @type {Open}
   */
  open: {},
  /** Where members are typing, by their ids: `{ cardId }` for a comment, `{ column }` for a new card. */
  typing: new Map(),
  /** The card being dragged, and where it would land: `{ id, column, position }`. */
  dragged: undefined,
  /** The ids of cards that somebody else has just changed. */
  justChanged: new Set(),

  /** The id of the member who is signed in. */
  get me() {
    return me.data?.id;
  },
  get member() {
    return byId(members.data);
  },
  get board() {
    return byId(boards.data);
  },
  get card() {
    return byId(state.open.cards?.data);
  },
  get activity() {
    return state.open.activity?.data ?? [];
  },
  /** The ids of the members who are viewing the open board. */
  get visitors() {
    return new Set(state.open.visitors?.data?.map(({ id }) => Number(id)));
  },
  get comments() {
    return state.open.comments?.data ?? [];
  },
};

let render = () => {};
let due = false;

export function onChange(listener) {
  render = listener;
  for (const live of [me, members, boards]) live.subscribe(changed);
}

/** Schedules a rendering. Call it after each change; several changes at once are rendered together. */
export function changed() {
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    render();
  });
}

/** Reads again. If that fails, the query says so itself, and reads once more when it can. */
export const readAgain = (live) => live?.reload().catch(() => {});

const byId = (records = []) => new Map(records.map((record) => [record.id, record]));
