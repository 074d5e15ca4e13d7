import { type SyntheticEvent, useState } from 'react';
import { sockets } from './api.js';

/** Signs in over HTTP, so that the browser gets the session's cookie, and connects then. */
export function SignIn() {
  const [problem, setProblem] = useState('');

  async function signIn(event: SyntheticEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.currentTarget) as unknown as Record<string, string>);
    const response = await fetch('/session', { method: 'POST', body });
    if (response.ok) sockets.connect();
    else setProblem('Wrong name or password');
  }

  return (
    <form aria-label="Who are you?" onSubmit={(event) => void signIn(event)}>
      <input name="name" aria-label="Name" placeholder="Ada Lovelace" required />
      <input name="password" aria-label="Password" type="password" placeholder="open sesame" required />
      <button>Sign in</button>
      <p role="alert">{problem}</p>
    </form>
  );
}
