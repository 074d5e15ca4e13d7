import { state } from '../live/state.js';
import { byId, showAvatar } from './dom.js';

/** Fills a select with the members, once: they do not change while a page is open. */
export function fillWithMembers(select, ...before) {
  if (select.options.length > 0) return;
  const members = [...state.member.values()].map(({ id, name }) => new Option(name, id));
  if (members.length > 0) select.append(...before, ...members);
}

export function renderMe() {
  const me = state.member.get(state.me);
  byId('me').hidden = !me;
  byId('my-name').textContent = me?.name ?? '';
  showAvatar(byId('my-avatar'), state.me);
}
