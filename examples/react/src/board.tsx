import { useMutation, useQuery } from '@tanstack/react-query';
import type { SyntheticEvent } from 'react';
import { cardsOf, sockets } from './api.js';

const columns = { todo: 'To do', doing: 'Doing', done: 'Done' };
const names = Object.keys(columns) as (keyof typeof columns)[];

export function Board({ boardId }: { boardId: number }) {
  const { data: cards = [], isPending, error } = useQuery(cardsOf(boardId));
  const change = useMutation({
    mutationFn: ({ id, ...changes }: { id: number; column: string; position: number }) =>
      sockets.patch('/boards/:boardId/cards/:id', changes, { params: { boardId, id } }),
  });
  const create = useMutation({
    mutationFn: (card: { title: string; column: string }) =>
      sockets.post('/boards/:boardId/cards', card, { params: { boardId } }),
  });
  if (isPending) return <p>One moment …</p>;
  if (error) return <p role="alert">{error.message}</p>;

  function add(event: SyntheticEvent<HTMLFormElement>, column: string): void {
    event.preventDefault();
    const title = (event.currentTarget.elements.namedItem('title') as HTMLInputElement).value;
    event.currentTarget.reset();
    create.mutate({ title, column });
  }

  return (
    <div className="columns">
      {names.map((column, index) => (
        <section key={column} aria-label={columns[column]}>
          <h2>{columns[column]}</h2>
          {cards
            .filter((card) => card.column === column)
            .map(({ id, title, position }) => (
              <article key={id}>
                {title}
                {names[index + 1] && (
                  <button
                    aria-label={`Move ${title} to the right`}
                    onClick={() => change.mutate({ id, position, column: names[index + 1] })}
                  >
                    →
                  </button>
                )}
              </article>
            ))}
          <form onSubmit={(event) => add(event, column)}>
            <input name="title" aria-label={`New card in ${columns[column]}`} placeholder="New card" required />
          </form>
        </section>
      ))}
      <p role="alert">{(change.error ?? create.error)?.message}</p>
    </div>
  );
}
