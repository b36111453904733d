import { facts, html, notice } from '@prosora/service/look';
import { BASE } from '../look/address.ts';
import { hidden } from '../look/form.ts';
import type { Frame, View } from '../look/page.ts';
import type { User } from './ghost.ts';
import type { Form } from './room.ts';

/** What the question is about. */
export interface PasswordQuestion {
  /** What is done after it, and to what: a form need not be one that its reader has seen. */
  what: string;
  about: readonly (readonly [name: string, value: string])[];
  /** Where the form was posted to, beneath the console. */
  path: string;
  /** What was in it, which is kept until the answer. */
  form: Form;
  user: User;
  /** Why the last answer was not taken. */
  refused: string | undefined;
}

/** Asks for the password before something is changed. */
export function passwordPage(
  { what, about, path, form, user, refused }: PasswordQuestion,
  { token }: Pick<Frame, 'token'>,
): Omit<View, 'section'> {
  const names = [...new Set(form.keys())];
  const kept = Object.fromEntries(names.map((name) => [name, form.getAll(name)]));
  const why = refused === undefined ? '' : notice({ code: 'REFUSED', message: refused });
  return {
    title: 'Your password again',
    body: html`<p>It is asked for before something changes, once in ten minutes: a script in a post
could send a form in your name, but does not know your password.</p>
${why}
<form class="card" method="post" action="${BASE + path}">
<h2>${what}</h2>
${facts(about)}
<input type="hidden" name="token" value="${token}">${hidden(kept)}
<label>E-mail<input type="email" value="${user.email}" autocomplete="username" readonly></label>
<label>Password<input type="password" name="password" autocomplete="current-password" required autofocus></label>
<button>Go on</button></form>`,
  };
}
