import { connect, RequestError, type SocketsClient } from 'nestjs-sockets/client';

/** Options that a page may have, or not. */
export interface Shown {
  query?: Record<string, unknown> | undefined;
  compare?: ((one: Note, other: Note) => number) | undefined;
  optimistic?: ((notes: Note[]) => Note[]) | undefined;
}

export interface Note {
  id: number;
  text: string;
}

/** Shows the notes that there are, then the next one, and then why there is no more. */
export async function main(url: string, show: (text: string) => void): Promise<void> {
  const sockets = connect(url);
  const news = new Promise<string>((resolve) => {
    sockets.on<Note>('note', (message) => {
      if (message.verb === 'created') resolve(message.data.text);
    });
  });
  const { body: notes } = await sockets.get<Note[]>('/notes');
  for (const { text } of notes) show(text);
  show(await news);
  await sockets.get('/nowhere').catch((error: unknown) => {
    if (error instanceof RequestError) show(`no more: ${error.statusCode}`);
  });
  sockets.close();
}

/** Adds a note to those that are shown. Whatever is not given is as if it were left out. */
export async function add(text: string, { sockets, shown }: { sockets: SocketsClient; shown: Shown }): Promise<void> {
  const { query, compare, optimistic } = shown;
  await sockets.live<Note[]>('/notes', { query, compare }).mutate('post', '/notes', { text }, { optimistic });
}
