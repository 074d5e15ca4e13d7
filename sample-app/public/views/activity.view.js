import { state } from '../live/state.js';
import { arrange, byId, element, elementsOf, showAvatar } from './dom.js';
import { timeElement } from './time.js';

const lines = elementsOf(createLine, () => {});

export function renderActivity() {
  arrange(byId('activity'), lines(state.activity));
}

function createLine({ memberId, what, at }) {
  const avatar = element('span', 'avatar');
  showAvatar(avatar, memberId);
  const name = element('b', '', state.member.get(memberId).name);
  return element('li', '', avatar, element('p', '', name, ` ${what} `, timeElement(at)));
}
