import { state } from './state.js';

export const columns = [
  { name: 'todo', title: 'To do' },
  { name: 'doing', title: 'Doing' },
  { name: 'done', title: 'Done' },
];

/** Returns the cards of a column from top to bottom. The card being dragged is where it would land. */
export function cardsIn(column) {
  const { dragged } = state;
  return [...state.card.values()]
    .map((card) => (card.id === dragged?.id ? { ...card, ...dragged } : card))
    .filter((card) => card.column === column)
    .sort((a, b) => a.position - b.position || a.id - b.id);
}

/** Returns the place of a card with `index` others above it. No other card has to change. */
export function placeAt(id, column, index) {
  const others = cardsIn(column).filter((card) => card.id !== id);
  return { column, position: between(others[index - 1], others[index]) };
}

/** Returns the place so many steps to the right and down, or undefined beyond the edge of the board. */
export function placeBeside(id, right, down) {
  const { column } = state.card.get(id);
  const target = columns[columns.findIndex(({ name }) => name === column) + right];
  if (!target) return undefined;
  const index = cardsIn(column).findIndex((card) => card.id === id) + down;
  const end = cardsIn(target.name).filter((card) => card.id !== id).length;
  if (index < 0 || (index > end && right === 0)) return undefined;
  return placeAt(id, target.name, Math.min(index, end));
}

function between(above, below) {
  if (!above && !below) return 0;
  if (!above) return below.position - 1;
  if (!below) return above.position + 1;
  return (above.position + below.position) / 2;
}
