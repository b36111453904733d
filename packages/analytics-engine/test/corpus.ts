import { seededRandom } from '@prosora/service/testing';

/** A page view as it was, from which what the engine says can be computed without it. */
export interface Hit {
  /** Milliseconds since 1970, a whole second. */
  at: number;
  session: string;
  path: string;
  postUuid: string;
  postType: 'post' | 'page' | 'null';
  memberStatus: 'undefined' | 'free' | 'paid' | 'comped';
  source: string;
  location: string;
  device: string;
  utm: Readonly<Record<'source' | 'medium' | 'campaign' | 'term' | 'content', string>>;
}

/** A page that is read. */
export interface Page {
  path: string;
  postUuid: string;
  postType: Hit['postType'];
}

/** What is made up. */
export interface CorpusOptions {
  seed: number;
  hits: number;
  /** The first day, at its start in UTC. */
  from: Date;
  days: number;
  pages: readonly Page[];
}

const DAY_MS = 86_400_000;
const SOURCES = weighted({
  '': 40,
  Google: 25,
  'example.org': 8,
  Bluesky: 7,
  Twitter: 6,
  Reddit: 5,
  DuckDuckGo: 4,
  Facebook: 3,
  'news.example': 2,
});
const LOCATIONS = weighted({
  US: 34,
  GB: 16,
  DE: 12,
  FR: 9,
  IN: 8,
  BR: 6,
  JP: 5,
  NL: 4,
  AU: 3,
  ZA: 2,
  SE: 1,
});
const DEVICES = weighted({ desktop: 55, 'mobile-ios': 24, 'mobile-android': 18, unknown: 3 });
const MEMBERS = weighted({ undefined: 70, free: 20, paid: 8, comped: 2 });
const CAMPAIGNS = weighted({ '': 85, spring: 8, launch: 5, digest: 2 });
const AGENTS: Readonly<Record<string, string>> = {
  desktop: 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0',
  'mobile-ios': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15',
  'mobile-android': 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/146.0 Mobile',
  unknown: 'something else',
};

/**
 * Makes up visits over some days: a visitor stays within a day and has one session in it, as the
 * collector's daily identifier makes it. The same options make the same hits, ordered by day.
 */
export function* corpus({ seed, hits, from, days, pages }: CorpusOptions): Generator<Hit> {
  const random = seededRandom(seed);
  const pageOf = weighted(Object.fromEntries(pages.map((_, index) => [index, 1 / (index + 1)])));
  let made = 0;
  for (let day = 0; day < days; day += 1) {
    const until = Math.floor((hits * (day + 1)) / days);
    for (let visitor = 0; made < until; visitor += 1) {
      const session = `${day.toString(36)}-${visitor.toString(36)}-${Math.floor(random() * 2 ** 40).toString(36)}`;
      const campaign = CAMPAIGNS(random());
      const visit = {
        session,
        memberStatus: MEMBERS(random()) as Hit['memberStatus'],
        source: SOURCES(random()),
        location: LOCATIONS(random()),
        device: DEVICES(random()),
        utm: utmOf(campaign, random()),
      };
      // Within the day, so that the session does not cross midnight.
      let at = from.getTime() + day * DAY_MS + Math.floor(random() * 82_000) * 1000;
      for (
        let view = 1 + Math.floor(-Math.log(1 - random()) * 1.4);
        view > 0 && made < until;
        view -= 1
      ) {
        const { path, postUuid, postType } = pages[Number(pageOf(random()))] ?? HOME;
        yield { at, ...visit, path, postUuid, postType };
        made += 1;
        at = Math.min(
          at + 1000 * Math.ceil(random() * 300),
          from.getTime() + (day + 1) * DAY_MS - 1000,
        );
      }
    }
  }
}

/** A page that is no post. */
export const HOME: Page = { path: '/', postUuid: 'undefined', postType: 'null' };

/** A hit as the collector sends it. */
export function eventOf(hit: Hit, site: string): string {
  return JSON.stringify({
    timestamp: new Date(hit.at).toISOString(),
    session_id: hit.session,
    action: 'page_hit',
    version: '1',
    inserted_at: new Date(hit.at).toISOString(),
    payload: {
      site_uuid: site,
      member_uuid: 'undefined',
      member_status: hit.memberStatus,
      post_uuid: hit.postUuid,
      post_type: hit.postType,
      'user-agent': AGENTS[hit.device],
      device: hit.device,
      locale: 'en',
      location: hit.location,
      pathname: hit.path,
      href: `https://example.com${hit.path}`,
      referrerSource: hit.source,
      meta: { received_timestamp: new Date(hit.at).toISOString() },
      ...Object.fromEntries(Object.entries(hit.utm).map(([name, value]) => [`utm_${name}`, value])),
    },
  });
}

function utmOf(campaign: string, random: number): Hit['utm'] {
  if (campaign === '') return { source: '', medium: '', campaign: '', term: '', content: '' };
  const medium = random < 0.6 ? 'email' : 'social';
  return {
    source: medium === 'email' ? 'newsletter' : 'mastodon',
    medium,
    campaign,
    term: random < 0.3 ? 'ghost' : 'hosting',
    content: random < 0.5 ? 'header' : 'footer',
  };
}

/** Picks by weight from a number between 0 and 1. */
function weighted(weights: Readonly<Record<string, number>>): (random: number) => string {
  const entries = Object.entries(weights);
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  return (random) => {
    let left = random * total;
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return entries.at(-1)?.[0] ?? '';
  };
}
