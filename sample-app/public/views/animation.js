import { byId } from './dom.js';

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Where cards start from, if not from their old place: a dropped card starts under the pointer. */
const startingPoints = new Map();

/** Makes a card glide to its place from this rectangle when it is rendered next. */
export function startFrom(card, rect) {
  startingPoints.set(card, rect);
}

/** Renders, and animates what changed: cards glide from their old place to the new one, and new cards fade in. */
export function animateCards(render) {
  const before = new Map(cards().map((card) => [card, card.getBoundingClientRect()]));
  for (const [card, rect] of startingPoints) before.set(card, rect);
  startingPoints.clear();

  render();

  if (calm.matches) return;
  for (const card of cards()) {
    if (before.has(card)) glideFrom(before.get(card), card);
    else appear(card);
  }
}

/** Highlights a card that somebody else has just changed. */
export function flash(card) {
  card.animate([{ outlineColor: 'var(--accent)' }, {}], { duration: 1800, easing: 'ease-in' });
}

const cards = () => [...byId('columns').querySelectorAll('.card')];

function glideFrom(from, card) {
  // A card that is still gliding continues from where it is.
  for (const animation of card.getAnimations()) if (animation.id === 'glide') animation.cancel();
  const to = card.getBoundingClientRect();
  const [x, y] = [from.left - to.left, from.top - to.top];
  if (x === 0 && y === 0) return;
  card.animate(
    [
      { translate: `${x}px ${y}px`, zIndex: 2 },
      { translate: '0 0', zIndex: 2 },
    ],
    {
      id: 'glide',
      duration: 380,
      easing: 'cubic-bezier(0.2, 0.9, 0.3, 1.06)',
    },
  );
}

function appear(card) {
  card.animate([{ opacity: 0, scale: 0.92 }, {}], { duration: 260, easing: 'ease-out' });
}
