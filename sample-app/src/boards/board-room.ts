/** The room of everybody who has this board open. Its own routes let them in, so they may read it. */
export const boardRoom = (boardId: number): string => `board:${boardId}`;

export const isBoardRoom = (room: string): boolean => room.startsWith('board:');
