import { changeCard, comment, deleteCard, moveCard } from '../live/actions.js';
import { cardsIn, columns, placeAt } from '../live/positions.js';
import { closeCard } from '../live/open-board.js';
import { state } from '../live/state.js';
import { sendPause, sendTyping } from '../live/typing.js';
import { arrange, byId, element, elementsOf, show, showAvatar } from './dom.js';
import { fillWithMembers } from './members.view.js';
import { timeElement } from './time.js';
import { attempt } from './toast.js';

const commentElements = elementsOf(createComment, () => {});

export function initCardDialog() {
  const on = (id, type, action) =>
    byId(id).addEventListener(
      type,
      attempt((event) => action(state.open.cardId, event)),
    );
  byId('card-column').append(...columns.map(({ name, title }) => new Option(title, name)));

  on('card-dialog', 'close', () => closeCard());
  on('card-dialog', 'click', (_, { target, currentTarget }) => target === currentTarget && currentTarget.close());
  on('card-title', 'change', (id, { target }) => changeCard(id, { title: target.value }));
  on('card-column', 'change', (id, { target: { value } }) => moveCard(id, placeAt(id, value, cardsIn(value).length)));
  on('card-assignee', 'change', (id, { target }) => changeCard(id, { assigneeId: Number(target.value) || null }));
  on('card-board', 'change', (id, { target }) => changeCard(id, { boardId: Number(target.value) }));
  on('card-note', 'change', (id, { target }) => changeCard(id, { note: target.value }));
  on('delete-card', 'click', (id) => deleteCard(id));
  on('new-comment', 'input', (cardId) => sendTyping({ cardId }));
  on('new-comment', 'submit', async (id, event) => {
    event.preventDefault();
    const { text } = event.target.elements;
    const written = text.value;
    event.target.reset();
    sendPause();
    await comment(id, written);
  });
}

export function renderCardDialog() {
  const dialog = byId('card-dialog');
  const card = state.card.get(state.open.cardId);
  // Somebody else may have deleted the card that is open here.
  if (!card) return dialog.close();
  if (!dialog.open) dialog.showModal();

  fillWithMembers(byId('card-assignee'), new Option('Nobody', ''));
  show(byId('card-title'), card.title);
  show(byId('card-column'), card.column);
  show(byId('card-assignee'), card.assigneeId ?? '');
  showBoards(byId('card-board'), card.boardId);
  // Only admins receive it.
  byId('card-note').parentElement.hidden = card.note === undefined;
  show(byId('card-note'), card.note ?? '');
  arrange(byId('comments'), commentElements(state.comments));
}

/** Lists the boards, unless the user is choosing one. */
function showBoards(select, boardId) {
  if (select === document.activeElement) return;
  select.replaceChildren(...[...state.board.values()].map(({ id, title }) => new Option(title, id)));
  select.value = boardId;
}

function createComment({ author, text, at }) {
  const avatar = element('span', 'avatar');
  showAvatar(avatar, author.id);
  const head = element('b', '', author.name);
  return element('li', '', avatar, element('p', '', head, timeElement(at), element('span', 'text', text)));
}
