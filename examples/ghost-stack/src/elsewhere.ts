/** A database or a Redis that is not in the stack, as Ghost is told of it. */
export interface Elsewhere {
  /** Options of Ghost's, which come before those in docker-compose.yml. */
  options: Record<string, string>;
  password: string;
  /** The authority that signed its certificate, in PEM; undefined for a public one. */
  ca: string | undefined;
}

/** One that is needed, and what is wrong with what `.env` says of it. */
export interface Looked {
  elsewhere: Elsewhere | undefined;
  problems: string[];
}

/** What differs between the two. */
interface Kind {
  variable: 'DATABASE_URL' | 'REDIS_URL';
  caVariable: 'DATABASE_CA' | 'REDIS_CA';
  optionsOf: (url: URL, domain: string) => Record<string, string>;
  /** Where Ghost reads the authority: a file in its `/run/secrets`. */
  caOption: string;
}

const DATABASE: Kind = {
  variable: 'DATABASE_URL',
  caVariable: 'DATABASE_CA',
  caOption: 'database__connection__ssl__ca_FILE',
  // TLS with a certificate of that very host, or no connection.
  optionsOf: (url) => ({
    database__connection__host: url.hostname,
    database__connection__port: url.port || '3306',
    database__connection__user: decodeURIComponent(url.username),
    database__connection__database: url.pathname.slice(1),
    database__connection__ssl__rejectUnauthorized: 'true',
    database__connection__ssl__verifyIdentity: 'true',
  }),
};

const REDIS: Kind = {
  variable: 'REDIS_URL',
  caVariable: 'REDIS_CA',
  caOption: 'adapters__cache__Redis__storeConfig__tls__ca_FILE',
  optionsOf: (url, domain) => ({
    adapters__cache__Redis__host: url.hostname,
    adapters__cache__Redis__port: url.port || '6379',
    ...(url.username && { adapters__cache__Redis__username: decodeURIComponent(url.username) }),
    ...(url.pathname.length > 1 && {
      adapters__cache__Redis__storeConfig__db: url.pathname.slice(1),
    }),
    adapters__cache__Redis__storeConfig__tls__servername: url.hostname,
    // Another site may have its lists there too.
    ...Object.fromEntries(
      ['imageSizes', 'postsPublic', 'tagsPublic', 'linkRedirectsPublic'].map((feature) => [
        `adapters__cache__${feature}__keyPrefix`,
        `${domain}:${feature}:`,
      ]),
    ),
  }),
};

/**
 * The database and the Redis that `.env` names in place of the stack's own.
 *
 * @param env what `.env` holds
 * @param isSet whether Compose, to which a shell's variable comes first, believes that they are named
 * @param readFile the text of a file in the stack's folder; throws when it cannot be had
 */
export function findElsewhere(
  env: Record<string, string | undefined>,
  isSet: { database: boolean; redis: boolean },
  site: { domain: string; readFile: (name: string) => string },
): { database: Looked; redis: Looked } {
  return {
    database: look(DATABASE, env, isSet.database, site),
    redis: look(REDIS, env, isSet.redis, site),
  };
}

function look(
  kind: Kind,
  env: Record<string, string | undefined>,
  isSet: boolean,
  { domain, readFile }: { domain: string; readFile: (name: string) => string },
): Looked {
  const { variable, caVariable, optionsOf, caOption } = kind;
  const refuse = (problem: string): Looked => ({ elsewhere: undefined, problems: [problem] });
  const text = env[variable]?.trim() ?? '';
  if (isSet !== (text !== '')) {
    return refuse(
      isSet
        ? `${variable} is set in this shell and not in .env: unset it, or move it there.`
        : `${variable} is empty in this shell and set in .env: unset it.`,
    );
  }
  const url = URL.parse(text);
  // One that cannot be read is refused by its rule.
  if (url === null) return { elsewhere: undefined, problems: [] };
  const caFile = env[caVariable]?.trim() ?? '';
  let ca: string | undefined;
  try {
    ca = caFile === '' ? undefined : readFile(caFile);
  } catch {
    return refuse(`${caVariable} is "${caFile}", which is no file in the stack's folder.`);
  }
  const options = { ...optionsOf(url, domain), ...(ca && { [caOption]: caPath(kind) }) };
  return { elsewhere: { options, password: decodeURIComponent(url.password), ca }, problems: [] };
}

const caPath = ({ caVariable }: Kind): string => `/run/secrets/${caVariable.toLowerCase()}.pem`;
