export class Card {
  id = 1;
  boardId = 7;
  title = '';
  due: Date | null = null;

  isDue(): boolean {
    return this.due !== null;
  }
}

interface PublicCard {
  id: number;
  title: string;
  due: Date;
}

/** As a library of Standard Schema makes one. */
export const publicCard = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({ value: value as PublicCard }),
    types: undefined as { input: unknown; output: PublicCard } | undefined,
  },
} as const;
