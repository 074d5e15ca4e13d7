import { moveCard, vote } from '../live/actions.js';
import { placeBeside } from '../live/positions.js';
import { openCard } from '../live/open-board.js';
import { state } from '../live/state.js';
import { fromTemplate, showAvatar } from './dom.js';
import { attempt } from './toast.js';

const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function createCardElement({ id }) {
  const card = fromTemplate('card-template');
  card.dataset.id = id;
  const on = (selector, action) => card.querySelector(selector).addEventListener('click', attempt(action));
  on('.open', () => openCard(id));
  on('.vote', () => vote(id));
  on('.left', () => step(id, -1, 0));
  on('.right', () => step(id, 1, 0));
  card.addEventListener(
    'keydown',
    attempt(async (event) => {
      if (!event.shiftKey || !(event.key in steps)) return;
      event.preventDefault();
      await step(id, ...steps[event.key]);
    }),
  );
  return card;
}

export function updateCardElement(card, { id, title, column, assigneeId, voterIds, commentIds }) {
  const part = (selector) => card.querySelector(selector);
  card.classList.toggle('dragged', state.dragged?.id === id);
  part('.open').textContent = title;
  showAvatar(part('.avatar'), assigneeId);
  part('.vote span').textContent = voterIds.length;
  part('.vote').ariaPressed = voterIds.includes(state.me);
  part('.vote').ariaLabel = `Vote for ${title}, ${voterIds.length} so far`;
  part('.talk').hidden = commentIds.length === 0;
  part('.talk span').textContent = commentIds.length;
  part('.talk').title = commentIds.length === 1 ? '1 comment' : `${commentIds.length} comments`;
  part('.left').ariaLabel = `Move ${title} to the left`;
  part('.left').disabled = column === 'todo';
  part('.right').ariaLabel = `Move ${title} to the right`;
  part('.right').disabled = column === 'done';
}

async function step(id, right, down) {
  const place = placeBeside(id, right, down);
  if (place) await moveCard(id, place);
}
