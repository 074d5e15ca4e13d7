/** Everything this page knows. Records are stored under the names of their resources, as in the names of events. */
export const state = {
  /** The id of the member who is signed in. */
  me: undefined,
  open: { boardId: undefined, cardId: undefined },
  member: new Map(),
  board: new Map(),
  /** The cards of the open board. */
  card: new Map(),
  activity: new Map(),
  /** The ids of the members who are viewing the open board. */
  visitors: new Set(),
  /** Where members are typing, by their ids: `{ cardId }` for a comment, `{ column }` for a new card. */
  typing: new Map(),
  /** The comments of the open card. */
  comment: new Map(),
  /** The card being dragged, and where it would land: `{ id, column, position }`. */
  dragged: undefined,
  /** The ids of cards that somebody else has just changed. */
  justChanged: new Set(),
};

let render = () => {};
let due = false;

export function onChange(listener) {
  render = listener;
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

export const byId = (records) => new Map(records.map((record) => [record.id, record]));
