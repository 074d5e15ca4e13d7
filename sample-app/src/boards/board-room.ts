/** The room of everyone who has this board open. It is entered through a route that checks who may read the board. */
export const BOARD_ROOM = 'board:{boardId}';

export const boardRoom = (boardId: number): string => `board:${boardId}`;
