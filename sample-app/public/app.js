import { sockets } from './live/connection.js';
import { onMessages } from './live/messages.js';
import { readNewRecord } from './live/new-records.js';
import { keepOneOpen, readEverything } from './live/reading.js';
import { onBoardRevoked } from './live/revocations.js';
import { onChange, state } from './live/state.js';
import { followTyping } from './live/typing.js';
import { followVisitors } from './live/visitors.js';
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

onMessages(attempt(readNewRecord));
followVisitors();
followTyping();
onBoardRevoked(({ title }) => toast(`You are no longer a member of “${title}”`));
sockets.socket.on('hello', ({ memberId }) => {
  toast(`${state.member.get(memberId)?.name} says hello to everyone on this board`, memberId);
});
// What was missed and cannot be had any more is read.
sockets.onGap(({ recovered }) => recovered || void attempt(readEverything)());
sockets.onState(({ status }) => status === 'connected' && void attempt(readEverything)());
