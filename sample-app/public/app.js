import { socket } from './live/connection.js';
import { onMessages } from './live/messages.js';
import { begin, keepOneOpen } from './live/session.js';
import { onChange, state } from './live/state.js';
import { renderActivity } from './views/activity.view.js';
import { initBoards, renderBoards } from './views/boards.view.js';
import { initCardDialog, renderCardDialog } from './views/card-dialog.view.js';
import { initColumns, renderColumns } from './views/columns.view.js';
import { initConnection } from './views/connection.view.js';
import { initDragging } from './views/dragging.js';
import { initMembers, renderMembers } from './views/members.view.js';
import { animateCards } from './views/motion.js';
import { attempt, toast } from './views/toast.js';

initConnection();
initMembers();
initBoards();
initColumns();
initDragging();
initCardDialog();

onChange(() => {
  const focused = document.activeElement;
  animateCards(render);
  // A card that went to another column has lost the focus on its way.
  if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
  void attempt(keepOneOpen)();
});

function render() {
  renderMembers();
  renderBoards();
  renderColumns();
  renderActivity();
  renderCardDialog();
}

onMessages();
socket.on('hello', ({ memberId }) => {
  toast(`${state.member.get(memberId)?.name} says hello to everyone on this board`, memberId);
});
socket.on('connect', attempt(begin));
