import { createCard } from '../live/actions.js';
import { cardsIn, columns } from '../live/positions.js';
import { state } from '../live/state.js';
import { sendPause, sendTyping } from '../live/typing.js';
import { createCardElement, updateCardElement } from './card.view.js';
import { arrange, byId, elementsOf, fromTemplate } from './dom.js';
import { flash } from './animation.js';
import { attempt } from './toast.js';

const cardElements = elementsOf(createCardElement, updateCardElement);

export function initColumns() {
  byId('columns').append(...columns.map(createColumn));
}

export function renderColumns() {
  const cards = columns.flatMap(({ name }) => cardsIn(name));
  const elements = cardElements(cards);
  for (const column of byId('columns').children) {
    const own = elements.filter((_, index) => cards[index].column === column.dataset.column);
    arrange(column.querySelector('.cards'), own);
    column.querySelector('.count').textContent = own.length;
  }
  cards.forEach(({ id }, index) => state.justChanged.has(id) && flash(elements[index]));
  state.justChanged.clear();
}

function createColumn({ name, title }) {
  const column = fromTemplate('column-template');
  column.dataset.column = name;
  column.setAttribute('aria-label', title);
  column.querySelector('.name').textContent = title;
  const form = column.querySelector('form');
  form.elements.title.setAttribute('aria-label', `New card in ${title}`);
  form.addEventListener('input', () => sendTyping({ column: name }));
  form.addEventListener(
    'submit',
    attempt(async (event) => {
      event.preventDefault();
      const written = form.elements.title.value;
      form.reset();
      sendPause();
      await createCard(written, name);
    }),
  );
  return column;
}
