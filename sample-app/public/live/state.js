/** Everything this page knows. Records are kept by the names of their resources, as the messages about them are. */
export const state = {
  /** The id of the member who is signed in. */
  me: undefined,
  open: { boardId: undefined, cardId: undefined },
  member: new Map(),
  board: new Map(),
  /** Of the open board. */
  card: new Map(),
  activity: new Map(),
  /** The ids of the members who look at the open board. */
  visitors: new Set(),
  /** Who is typing on it, by member, and where: `{ cardId }` for a comment, `{ column }` for a new card. */
  typing: new Map(),
  /** Of the open card. */
  comment: new Map(),
  /** The card under the pointer, and where it would land: `{ id, column, position }`. */
  lifted: undefined,
  /** The ids of cards that somebody else has just changed. */
  news: new Set(),
};

let render = () => {};
let due = false;

export function onChange(listener) {
  render = listener;
}

/** To be called after each change; several changes at once are one rendering. */
export function changed() {
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    render();
  });
}

export const byId = (records) => new Map(records.map((record) => [record.id, record]));
