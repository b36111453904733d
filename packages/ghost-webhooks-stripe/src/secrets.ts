import { inUse, type Keyring, readKeyring, writeKeyring } from './keyring.ts';

/** The secrets of the moment. */
export interface Secrets {
  /** What Stripe may have signed with. */
  stripe(): readonly string[];
  /** What we sign with for Ghost: two while it changes. */
  ghost(): readonly string[];
  /** Reads the keyring again, as verbs of another process change it. */
  reload(): void;
  /** Asks Ghost's database again; true when its secret is a new one. Asks at most once a second. */
  askGhost(): Promise<boolean>;
}

/** Where secrets come from. */
export interface SecretsOptions {
  dataDir: string;
  /** From the environment. */
  stripe: readonly string[];
  ghost: readonly string[];
  /** Reads the secret that Ghost got from Stripe; for an inbox that stands unseen in front of Ghost. */
  readGhostSecret?: (() => Promise<string | undefined>) | undefined;
  /** Milliseconds since 1970. (Default: `Date.now`) */
  now?: () => number;
}

/** Stripe retries for three days, with the secret of the endpoint that it began with. */
const KEEP_FORMER_MS = 4 * 86_400_000;
const ASK_EVERY_MS = 1_000;

/** Gathers the secrets of the environment, of the keyring and of Ghost's database. */
export function createSecrets(options: SecretsOptions): Secrets {
  const { dataDir, readGhostSecret, now = Date.now } = options;
  let keyring: Keyring = readKeyring(dataDir);
  let ofGhost: string | undefined;
  let asked: { at: number; answer: Promise<boolean> } | undefined;

  const ask = async (): Promise<boolean> => {
    const found = await readGhostSecret?.();
    if (found === undefined || found === ofGhost) return false;
    ofGhost = found;
    return remember(found);
  };

  /** Keeps Ghost's former secrets a while: Ghost makes a new endpoint when it likes, at boot. */
  const remember = (secret: string): boolean => {
    keyring = readKeyring(dataDir);
    const known = keyring.stripe.find((entry) => entry.secret === secret);
    if (known !== undefined && known.until === undefined) return false;
    const others = keyring.stripe
      .filter((entry) => entry !== known)
      .map((entry) => ({ until: now() + KEEP_FORMER_MS, ...entry }));
    keyring = { ...keyring, stripe: [...others, { secret, since: now() }] };
    writeKeyring(dataDir, keyring);
    return true;
  };

  return {
    stripe: () => [...new Set([...options.stripe, ...inUse(keyring.stripe, now())])],
    ghost() {
      const own = [...new Set([...options.ghost, ...inUse(keyring.ghost, now())])];
      return own.length === 0 && ofGhost !== undefined ? [ofGhost] : own;
    },
    reload() {
      keyring = readKeyring(dataDir);
    },
    askGhost() {
      if (readGhostSecret === undefined) return Promise.resolve(false);
      if (asked !== undefined && now() - asked.at < ASK_EVERY_MS) return asked.answer;
      asked = { at: now(), answer: ask() };
      return asked.answer;
    },
  };
}
