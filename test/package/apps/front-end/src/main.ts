import { connect, RequestError } from 'nestjs-sockets/client';

interface Note {
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
