import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { boards, queryClient, sockets, SocketsProvider, useConnectionState } from './api.js';
import { Board } from './board.js';
import { SignIn } from './sign-in.js';

function Page() {
  const { status, reason } = useConnectionState();
  if (reason?.statusCode === 401) return <SignIn />;
  return (
    <>
      <p id="connection">{status}</p>
      <Boards />
    </>
  );
}

function Boards() {
  const { data = [] } = useQuery(boards());
  const [chosen, choose] = useState<number>();
  const boardId = chosen ?? data[0]?.id;
  return (
    <>
      <nav aria-label="Boards">
        {data.map(({ id, title }) => (
          <button key={id} aria-current={id === boardId} onClick={() => choose(id)}>
            {title}
          </button>
        ))}
      </nav>
      {boardId !== undefined && <Board boardId={boardId} />}
    </>
  );
}

createRoot(document.getElementById('page') as HTMLElement).render(
  <StrictMode>
    <SocketsProvider client={sockets}>
      <QueryClientProvider client={queryClient}>
        <Page />
      </QueryClientProvider>
    </SocketsProvider>
  </StrictMode>,
);
