import { state } from '../live/state.js';

// Text is inserted as text, never as HTML, so that nobody can inject markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

export const fromTemplate = (id) => byId(id).content.firstElementChild.cloneNode(true);

/** Gives a parent exactly these children, and touches only those that are not in place. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** Keeps one element per record: created once, updated on each rendering, dropped when the record is gone. */
export function elementsOf(create, update) {
  const elements = new Map();
  return (records) => {
    const ids = new Set(records.map(({ id }) => id));
    for (const id of elements.keys()) if (!ids.has(id)) elements.delete(id);
    return records.map((record) => {
      if (!elements.has(record.id)) elements.set(record.id, create(record));
      update(elements.get(record.id), record);
      return elements.get(record.id);
    });
  };
}

/** Shows a value in a field, unless the user is editing it. */
export function show(field, value) {
  if (field !== document.activeElement && field.value !== String(value)) field.value = value;
}

export function showAvatar(avatar, memberId) {
  const name = state.member.get(memberId)?.name ?? '';
  avatar.textContent = name
    .split(' ')
    .map((word) => word[0])
    .join('');
  avatar.title = name;
  // Members next to each other in the list get hues that are far apart.
  avatar.style.setProperty('--hue', (memberId ?? 0) * 137 + 130);
  avatar.classList.toggle('nobody', !name);
}
