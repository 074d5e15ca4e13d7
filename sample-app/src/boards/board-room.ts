/** The room of everybody who has this board open. Its own routes let them in, so they may read it. */
export const BOARD_ROOM = 'board:{boardId}';

export const boardRoom = (boardId: number): string => `board:${boardId}`;
