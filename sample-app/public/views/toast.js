import { byId, element, showAvatar } from './dom.js';

/** Shows a message in the corner, with the avatar of a member if one is given. */
export function toast(text, memberId) {
  const note = element('p', 'toast', element('span', '', text));
  if (memberId) {
    const avatar = element('span', 'avatar');
    showAvatar(avatar, memberId);
    note.prepend(avatar);
  }
  const toasts = byId('toasts');
  toasts.append(note);
  // A popover that is shown last is on top, even of an open dialog.
  toasts.hidePopover();
  toasts.showPopover();
  setTimeout(() => note.remove(), 6000);
}

export const report = (error) => toast(error.message);

/** Wraps an event listener, and shows its errors to the user. */
export const attempt =
  (action) =>
  async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      report(error);
    }
  };
