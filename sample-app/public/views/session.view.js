import { onSignedOut, signIn, signOut } from '../live/session.js';
import { state } from '../live/state.js';
import { byId } from './dom.js';
import { attempt } from './toast.js';

export function initSession() {
  const form = byId('sign-in');
  const { name, password } = form.elements;
  const problem = byId('sign-in-problem');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    try {
      await signIn(name.value, password.value);
      form.reset();
      show(false);
    } catch (error) {
      problem.textContent = error.message;
      password.select();
    }
  });
  byId('sign-out').addEventListener('click', attempt(signOut));
  onSignedOut(() => {
    // So that nothing stays on the page that the next user must not see.
    if (state.me) return location.reload();
    show(true);
    name.focus();
  });

  function show(isSignedOut) {
    document.body.classList.toggle('signed-out', isSignedOut);
    form.hidden = !isSignedOut;
  }
}
