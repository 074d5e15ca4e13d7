import { changed, state } from '../live/state.js';
import { byId, showAvatar } from './dom.js';

export function initMembers() {
  byId('me').addEventListener('change', ({ target }) => {
    state.me = Number(target.value);
    localStorage.setItem('member', target.value);
    changed();
  });
}

export function renderMembers() {
  fillWithMembers(byId('me'));
  if (state.me) byId('me').value = state.me;
  showAvatar(byId('my-avatar'), state.me);
}

/** The options of a select; members neither come nor go while a page is open. */
export function fillWithMembers(select, ...before) {
  if (select.options.length > 0) return;
  const members = [...state.member.values()].map(({ id, name }) => new Option(name, id));
  if (members.length > 0) select.append(...before, ...members);
}
