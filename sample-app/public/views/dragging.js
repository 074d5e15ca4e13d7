import { moveCard } from '../live/actions.js';
import { cardsIn, placeAt } from '../live/positions.js';
import { changed, state } from '../live/state.js';
import { byId } from './dom.js';
import { startFrom } from './animation.js';
import { attempt } from './toast.js';

/** Pixels that the pointer must move before a click becomes a drag. */
const threshold = 6;

/** Lets cards be dragged by mouse or pen. A finger scrolls instead, and uses the card's arrow buttons. */
export function initDragging() {
  byId('columns').addEventListener('pointerdown', (down) => {
    const card = down.target.closest('.card');
    const isControl = down.target.closest('button:not(.open)');
    if (card && !isControl && down.button === 0 && down.pointerType !== 'touch') follow(card, down);
  });
}

function follow(card, down) {
  const end = new AbortController();
  const on = (type, listener) => window.addEventListener(type, listener, { signal: end.signal });
  let drag;
  on('pointermove', (move) => {
    if (!drag && Math.hypot(move.x - down.x, move.y - down.y) < threshold) return;
    drag ??= lift(card, down);
    drag.to(move);
  });
  on('pointerup', () => {
    end.abort();
    drag?.drop();
  });
  const cancel = () => {
    end.abort();
    drag?.cancel();
  };
  on('pointercancel', cancel);
  on('keydown', ({ key }) => key === 'Escape' && cancel());
}

/** Starts a drag: a copy of the card follows the pointer, while the card itself shows where it would land. */
function lift(card, down) {
  const id = Number(card.dataset.id);
  const rect = card.getBoundingClientRect();
  const copy = card.cloneNode(true);
  copy.classList.add('in-hand');
  copy.inert = true;
  copy.style.width = `${rect.width}px`;
  document.body.append(copy);
  document.body.classList.add('dragging');

  const putDown = () => {
    startFrom(card, copy.getBoundingClientRect());
    copy.remove();
    document.body.classList.remove('dragging');
    const place = state.dragged;
    state.dragged = undefined;
    changed();
    swallowClick();
    return place;
  };

  return {
    to({ x, y }) {
      copy.style.left = `${rect.left + x - down.x}px`;
      copy.style.top = `${rect.top + y - down.y}px`;
      const place = placeUnder(id, x, y);
      if (!place || (place.column === state.dragged?.column && place.position === state.dragged.position)) return;
      state.dragged = { id, ...place };
      changed();
    },
    drop: attempt(async () => {
      const place = putDown();
      if (place && state.card.has(id)) await moveCard(id, { column: place.column, position: place.position });
    }),
    cancel: putDown,
  };
}

function placeUnder(id, x, y) {
  const column = [...byId('columns').children].find((each) => contains(each.getBoundingClientRect(), x, y));
  if (!column) return undefined;
  const name = column.dataset.column;
  const list = column.querySelector('.cards');
  const top = list.getBoundingClientRect().top;
  // By their layout: an animated card may be drawn somewhere else at the moment.
  const others = [...list.children].filter((each) => each.dataset.id !== String(id));
  const above = others.filter((each) => top + each.offsetTop + each.offsetHeight / 2 < y).length;
  const own = cardsIn(name).findIndex((card) => card.id === id);
  return own === above ? currentPlace(id) : placeAt(id, name, above);
}

const contains = ({ left, right, top, bottom }, x, y) => x >= left && x <= right && y >= top && y <= bottom;

function currentPlace(id) {
  const { column, position } = state.dragged ?? state.card.get(id);
  return { column, position };
}

/** Suppresses the click that ends a drag, so that it does not open what lies under the pointer. */
function swallowClick() {
  const end = new AbortController();
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener('click', swallow, { capture: true, signal: end.signal });
  setTimeout(() => end.abort());
}
