// What a page loads in place of Ghost's `ghost-stats.js`, with the payload of that, field by field, but
// for the country: Ghost sends a table of time zones to every reader (39 KB), here the page says its
// zone's name and the collector has the table. It sets no cookie and stores nothing.
{
  const { document, history, location, navigator, top, __nightmare, Cypress } = window;

  // Not `currentScript`, which is empty when something else loads the script, as Cloudflare does.
  const script = document.querySelector('[tb_site_uuid]');
  const attribute = (name) => script.getAttribute(`data-${name}`);
  const url = `${attribute('host')}?name=${attribute('datasource') || 'analytics_events'}`;

  // The page that was counted last, which may be one within the document.
  let href;
  let pathname;
  let { referrer } = document;

  const isUnwilling = () => {
    try {
      return (
        navigator.doNotTrack > 0 || navigator.globalPrivacyControl || localStorage.prosora_ignore
      );
    } catch {
      // Where storage is forbidden there is no refusal in it.
    }
  };

  const isThisSite = (source) => {
    try {
      return new URL(source).hostname === location.hostname;
    } catch {
      // Often no address but a word, by `?ref=`.
    }
  };

  const count = () => {
    if (isUnwilling()) return;
    ({ href, pathname } = location);
    const query = new URL(href.replace('/#/portal', '')).searchParams;
    const parameter = (name) => query.get(name) || null;
    const utm_source = parameter('utm_source');
    const medium = parameter('utm_medium');
    const source = parameter('ref') || parameter('source') || utm_source;
    const from = source || medium || referrer;
    const payload = {
      // `crypto.randomUUID` is only there with https.
      event_id: URL.createObjectURL(new Blob()).slice(-36),
      'user-agent': navigator.userAgent,
      locale: navigator.language || 'en',
      location: null,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      parsedReferrer: { url: (isThisSite(from) ? referrer : from) || null, source, medium },
      pathname,
      href,
      utm_source,
      utm_medium: medium,
      utm_campaign: parameter('utm_campaign'),
      utm_term: parameter('utm_term'),
      utm_content: parameter('utm_content'),
    };
    // What Ghost knows of the page and its reader.
    for (const { name, value } of script.attributes) {
      if (/^tb_/.test(name)) payload[name.slice(3)] = value;
    }
    const body = JSON.stringify({
      timestamp: new Date(),
      action: 'page_hit',
      version: '1',
      payload,
    });
    // A beacon leaves even if the page is closed. As text, since for JSON the browser would ask first.
    if (!navigator.sendBeacon?.(url, body)) {
      fetch(url, { method: 'POST', body, mode: 'no-cors', keepalive: true }).catch(() => {});
    }
  };

  const countWhenSeen = () => {
    if (!document.hidden) count();
    else document.addEventListener('visibilitychange', countWhenSeen, { once: true });
  };

  const countOtherPage = () => {
    // Before the first page was seen, it is that one which changes.
    if (!href || location.pathname === pathname) return;
    referrer = href;
    count();
  };

  // No visits: programs, other than Ghost's own monitoring, and previews and embeds in a frame.
  const isProgram = __nightmare || navigator.webdriver || Cypress;
  const isMonitoring = window.__GHOST_SYNTHETIC_MONITORING__ === true;
  if ((isMonitoring || !isProgram) && window === top) {
    countWhenSeen();
    addEventListener('pageshow', ({ persisted }) => persisted && count());
    if (document.querySelector('[data-prosora-spa]')) {
      const { pushState } = history;
      history.pushState = (...change) => {
        pushState.apply(history, change);
        countOtherPage();
      };
      addEventListener('popstate', countOtherPage);
    }
  }
}
