import { state } from '../live/state.js';
import { arrange, byId, element, elementsOf, showAvatar } from './dom.js';

const chips = elementsOf(createChip, () => {});

/** Renders who else is viewing this board. */
export function renderVisitors() {
  const others = [...state.member.values()].filter(({ id }) => id !== state.me && state.visitors.has(id));
  arrange(byId('visitors'), chips(others));
}

function createChip({ id, name }) {
  const avatar = element('span', 'avatar');
  avatar.ariaHidden = 'true';
  showAvatar(avatar, id);
  const chip = element('li', 'chip', avatar, element('span', 'name', name));
  chip.title = `${name} is viewing this board`;
  return chip;
}
