/** The room of everybody who has this board open. */
export const boardRoom = (boardId: number): string => `board:${boardId}`;

export const isBoardRoom = (room: string): boolean => room.startsWith('board:');
