import { setMember } from '../live/actions.js';
import { state } from '../live/state.js';
import { arrange, byId, element, elementsOf } from './dom.js';
import { attempt } from './toast.js';

const boxes = elementsOf(createBox, updateBox);

/** Renders the members that the owner of a private board can add and remove. */
export function renderBoardMembers() {
  const board = state.board.get(state.open.boardId);
  const isMine = board?.isPrivate && board.ownerId === state.me;
  byId('board-members').hidden = !isMine;
  if (!isMine) return;
  arrange(
    byId('board-members').querySelector('ul'),
    boxes([...state.member.values()].filter(({ id }) => id !== state.me)),
  );
}

function createBox({ id, name }) {
  const box = element('input', '');
  box.type = 'checkbox';
  box.addEventListener(
    'change',
    attempt(async () => {
      box.disabled = true;
      try {
        await setMember(id, box.checked);
      } finally {
        box.disabled = false;
        check(box, id);
      }
    }),
  );
  return element('li', '', element('label', '', box, name));
}

function updateBox(item, { id }) {
  check(item.querySelector('input'), id);
}

/** Shows whether somebody is a member, unless a request about it is in flight. */
function check(box, id) {
  if (box.disabled) return;
  box.checked = state.board.get(state.open.boardId)?.memberIds.includes(id) ?? false;
}
