import { state } from '../live/state.js';
import { byId } from './dom.js';

const list = new Intl.ListFormat('en');

export function renderTyping() {
  say(byId('comment-typing'), ({ cardId }) => cardId !== undefined && cardId === state.open.cardId);
  for (const column of byId('columns').children) {
    say(column.querySelector('.typing'), (place) => place.column === column.dataset.column);
  }
}

function say(output, isHere) {
  const names = [...state.typing].filter(([, place]) => isHere(place)).map(([id]) => state.member.get(id)?.name);
  output.textContent = names.length === 0 ? '' : `${list.format(names)} ${names.length === 1 ? 'is' : 'are'} typing…`;
}
