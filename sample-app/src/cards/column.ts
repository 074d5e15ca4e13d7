/** The columns of every board, from left to right. */
export const columns = ['todo', 'doing', 'done'] as const;

export type Column = (typeof columns)[number];

export const columnTitle: Record<Column, string> = { todo: 'To do', doing: 'Doing', done: 'Done' };
