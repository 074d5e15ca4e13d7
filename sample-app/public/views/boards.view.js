import { createBoard, deleteBoard, renameBoard, sayHello } from '../live/actions.js';
import { openBoard } from '../live/open-board.js';
import { state } from '../live/state.js';
import { arrange, byId, elementsOf, fromTemplate, show } from './dom.js';
import { attempt, toast } from './toast.js';

const tabs = elementsOf(createTab, updateTab);

export function initBoards() {
  const title = byId('board-title');
  title.addEventListener(
    'change',
    attempt(() => renameBoard(title.value)),
  );
  title.addEventListener('keydown', ({ key }) => key === 'Enter' && title.blur());
  const createBy = (button, name, isPrivate) =>
    byId(button).addEventListener(
      'click',
      attempt(async () => {
        await createBoard(name, isPrivate);
        title.value = name;
        title.focus();
        title.select();
      }),
    );
  createBy('new-board', 'New board', false);
  createBy('new-private-board', 'Private board', true);
  byId('delete-board').addEventListener(
    'click',
    attempt(async () => {
      if (confirm(`Delete “${title.value}” and its cards?`)) await deleteBoard();
    }),
  );
  byId('hello').addEventListener(
    'click',
    attempt(async () => {
      await sayHello();
      toast('You said hello to everyone on this board', state.me);
    }),
  );
}

export function renderBoards() {
  arrange(byId('boards'), tabs([...state.board.values()]));
  const board = state.board.get(state.open.boardId);
  document.body.classList.toggle('empty', !board);
  show(byId('board-title'), board?.title ?? '');
  byId('private-mark').hidden = !board?.isPrivate;
  byId('private-to').textContent =
    board?.memberIds.length > 0 ? 'Only its members can see this board' : 'Only you can see this board';
}

function createTab({ id }) {
  const tab = fromTemplate('tab-template');
  tab.firstElementChild.addEventListener(
    'click',
    attempt(() => openBoard(id)),
  );
  return tab;
}

function updateTab({ firstElementChild: button }, { id, title, isPrivate, cardIds }) {
  button.querySelector('.lock').toggleAttribute('hidden', !isPrivate);
  button.querySelector('.name').textContent = title;
  button.querySelector('.count').textContent = cardIds.length;
  button.toggleAttribute('aria-current', id === state.open.boardId);
}
