import { sockets } from './live/connection.js';
import { followRoom, keepOneOpen, visitAgain } from './live/open-board.js';
import { onChange, state } from './live/state.js';
import { followTyping } from './live/typing.js';
import { renderActivity } from './views/activity.view.js';
import { renderBoardMembers } from './views/board-members.view.js';
import { initBoards, renderBoards } from './views/boards.view.js';
import { initCardDialog, renderCardDialog } from './views/card-dialog.view.js';
import { initColumns, renderColumns } from './views/columns.view.js';
import { initConnection } from './views/connection.view.js';
import { initDragging } from './views/dragging.js';
import { renderMe } from './views/members.view.js';
import { animateCards } from './views/animation.js';
import { initSession } from './views/session.view.js';
import { attempt, toast } from './views/toast.js';
import { renderTyping } from './views/typing.view.js';
import { renderVisitors } from './views/visitors.view.js';

initConnection();
initSession();
initBoards();
initColumns();
initDragging();
initCardDialog();

onChange(() => {
  const focused = document.activeElement;
  animateCards(render);
  // A card loses the focus when it moves to another column.
  if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
  void attempt(keepOneOpen)();
});

function render() {
  renderMe();
  renderBoards();
  renderBoardMembers();
  renderVisitors();
  renderColumns();
  renderActivity();
  renderCardDialog();
  renderTyping();
}

followRoom();
followTyping();
sockets.onRevoked(({ resource, ids = [] }) => {
  if (resource !== 'board') return;
  for (const id of ids) toast(`You are no longer a member of “${state.board.get(id)?.title}”`);
});
sockets.socket.on('hello', ({ memberId }) => {
  toast(`${state.member.get(memberId)?.name} says hello to everyone on this board`, memberId);
});
sockets.onState(({ status }) => status === 'connected' && void attempt(visitAgain)());
