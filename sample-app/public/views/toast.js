import { byId, element, showAvatar } from './dom.js';

/** Says something in the corner, on behalf of a member if one is given. */
export function toast(text, memberId) {
  const note = element('p', 'toast', element('span', '', text));
  if (memberId) {
    const avatar = element('span', 'avatar');
    showAvatar(avatar, memberId);
    note.prepend(avatar);
  }
  const toasts = byId('toasts');
  toasts.append(note);
  // What is shown last is on top, even of an open dialog.
  toasts.hidePopover();
  toasts.showPopover();
  setTimeout(() => note.remove(), 6000);
}

export const report = (error) => toast(error.message);

/** For event listeners: whatever goes wrong is said. */
export const attempt =
  (action) =>
  async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      report(error);
    }
  };
