import type { Column } from '../cards/column.js';

/** Everyone's password, which the sign-in form shows. */
export const password = 'open sesame';

export const members = [
  { name: 'Ada Lovelace', email: 'ada@private.example', isAdmin: false },
  { name: 'Grace Hopper', email: 'grace@private.example', isAdmin: false },
  { name: 'Alan Turing', email: 'alan@private.example', isAdmin: false },
  { name: 'Katherine Johnson', email: 'katherine@private.example', isAdmin: false },
  { name: 'admin', email: 'admin@private.example', isAdmin: true },
] as const;

type Name = (typeof members)[number]['name'];

export interface DemoCard {
  title: string;
  column: Column;
  assignee?: Name;
  voters?: Name[];
  comments?: { author: Name; text: string }[];
}

export const boards: { title: string; owner: Name; isPrivate: boolean; cards: DemoCard[] }[] = [
  {
    title: 'Community garden',
    owner: 'Ada Lovelace',
    isPrivate: false,
    cards: [
      { title: 'Order seed potatoes', column: 'todo', assignee: 'Alan Turing', voters: ['Ada Lovelace'] },
      { title: 'Find somebody with a wheelbarrow', column: 'todo' },
      {
        title: 'Agree who waters the tomatoes in August',
        column: 'todo',
        voters: ['Grace Hopper', 'Katherine Johnson'],
        comments: [{ author: 'Katherine Johnson', text: 'I worked it out: four of us, one day in four each.' }],
      },
      {
        title: 'Mend the greenhouse door',
        column: 'doing',
        assignee: 'Grace Hopper',
        voters: ['Ada Lovelace', 'Alan Turing', 'Katherine Johnson'],
        comments: [
          { author: 'Grace Hopper', text: 'There was a moth in the hinge. Really.' },
          { author: 'Ada Lovelace', text: 'Tape it into the logbook!' },
        ],
      },
      { title: 'Paint the sign at the gate', column: 'doing', assignee: 'Ada Lovelace' },
      { title: 'Measure the beds', column: 'done', assignee: 'Katherine Johnson', voters: ['Alan Turing'] },
      { title: 'Ask the council for the key', column: 'done', assignee: 'Ada Lovelace' },
    ],
  },
  {
    title: 'Summer party',
    owner: 'Ada Lovelace',
    isPrivate: false,
    cards: [
      { title: 'Pick a date', column: 'doing', assignee: 'Katherine Johnson' },
      { title: 'Lanterns, lots of them', column: 'todo', voters: ['Grace Hopper'] },
    ],
  },
  {
    title: 'The cake',
    owner: 'Ada Lovelace',
    isPrivate: true,
    cards: [
      { title: 'Bake it in the shape of a moth', column: 'doing', assignee: 'Ada Lovelace' },
      { title: 'Find out when Grace is on holiday', column: 'todo' },
    ],
  },
];
