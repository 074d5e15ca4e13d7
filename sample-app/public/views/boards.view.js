import { createBoard, deleteBoard, renameBoard, sayHello } from '../live/deeds.js';
import { openBoard } from '../live/session.js';
import { state } from '../live/state.js';
import { arrange, byId, element, elementsOf, show } from './dom.js';
import { attempt, toast } from './toast.js';

const tabs = elementsOf(createTab, updateTab);

export function initBoards() {
  const title = byId('board-title');
  title.addEventListener(
    'change',
    attempt(() => renameBoard(title.value)),
  );
  title.addEventListener('keydown', ({ key }) => key === 'Enter' && title.blur());
  byId('new-board').addEventListener(
    'click',
    attempt(async () => {
      await createBoard('New board');
      title.value = 'New board';
      title.focus();
      title.select();
    }),
  );
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
}

function createTab({ id }) {
  const button = element('button', 'tab', element('span', 'name'), element('span', 'count'));
  button.addEventListener(
    'click',
    attempt(() => openBoard(id)),
  );
  return element('li', '', button);
}

function updateTab({ firstElementChild: button }, { id, title, cardIds }) {
  button.querySelector('.name').textContent = title;
  button.querySelector('.count').textContent = cardIds.length;
  button.toggleAttribute('aria-current', id === state.open.boardId);
}
