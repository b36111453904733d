import { versionOf } from '@prosora/service/look';

/**
 * The one script of the console, for pages on which something goes on by itself. It shows what `/live` sends unless that
 * would take from the reader what they type, have opened or have selected, and then once they are done. What is sent has
 * no token of forms; a browser does not ask again after an answer that is none, such as a 503.
 */
export const LIVE = `(() => {
  const { live: address, token } = document.currentScript.dataset;
  const main = document.getElementById('main');
  let source;
  let again;
  let shown;
  let waiting;
  const isUsed = () => {
    const { activeElement } = document;
    const fields = [...main.querySelectorAll('input, textarea')];
    return (
      main.querySelector('details[open]') !== null ||
      (main.contains(activeElement) && activeElement.matches('input, select, textarea, button')) ||
      fields.some(({ value, defaultValue }) => value !== defaultValue) ||
      (!getSelection().isCollapsed && main.contains(getSelection().anchorNode))
    );
  };
  const show = () => {
    if (waiting === undefined || waiting === shown || isUsed()) return;
    const { activeElement } = document;
    const focused = main.contains(activeElement) ? activeElement.getAttribute('href') : null;
    shown = waiting;
    main.innerHTML = shown;
    for (const field of main.querySelectorAll('input[name=token]')) field.value = token;
    if (focused) main.querySelector('a[href="' + CSS.escape(focused) + '"]')?.focus();
  };
  const open = () => {
    source?.close();
    source = undefined;
    clearTimeout(again);
    if (document.visibilityState === 'hidden') return;
    source = new EventSource(address);
    source.addEventListener('main', ({ data }) => {
      waiting = data;
      show();
    });
    source.addEventListener('same', show);
    source.addEventListener('open', () => document.body.classList.remove('stale'));
    source.addEventListener('error', () => {
      document.body.classList.add('stale');
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, 10000);
    });
  };
  document.addEventListener('visibilitychange', open);
  addEventListener('pagehide', () => source?.close());
  open();
})();
`;

/** Stands in its address, so that browsers may keep it. */
export const LIVE_VERSION = versionOf(LIVE);
